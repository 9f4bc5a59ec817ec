#include "server/access.hpp"

#include "base/text.hpp"
#include "system/clock.hpp"
#include "system/password.hpp"
#include "system/random.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using base::Secret;
using model::UserRole;
using system::HttpRequest;

namespace {

constexpr std::chrono::hours kSignedInFor{12};
constexpr std::size_t kSecret = 32;  // characters: 190 bits

std::string header(const HttpRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string{} : found->second;
}

Secret cookie_value(const HttpRequest& request, const std::string& name) {
  for (const auto& pair : base::split(header(request, "cookie"), ';')) {
    const auto text = base::trim(pair);
    if (text.starts_with(name + "=")) return Secret{std::string{text.substr(name.size() + 1)}};
  }
  return {};
}

bool changes_something(const HttpRequest& request) { return request.method != "GET" && request.method != "HEAD"; }

std::string key_of_session(const Secret& session) { return "sessions/" + system::digest_of(session); }

std::string text_in(const Json& asked, const char* name) {
  return asked.is_object() && asked.contains(name) && asked[name].is_string() ? asked[name].get<std::string>()
                                                                              : std::string{};
}

std::unexpected<base::Error> not_signed_in(std::string message) {
  return base::fail({Code::unauthorized, std::move(message),
                     "Sign in, or set PGBATON_TOKEN to the content of the file `token` in the server's data "
                     "directory."});
}

}  // namespace

Result<Caller> Access::by_session(const HttpRequest& request) {
  const auto session = cookie_value(request, cookie_);
  if (session.empty()) return not_signed_in("the request carries no token");
  const auto found = TRY(store::get_as<model::LogIn>(records_.store(), key_of_session(session)));
  if (!found || found->value.expires_at <= system::timestamp()) return not_signed_in("you are not signed in any more");
  const auto& login = found->value;
  Caller caller{login.user, login.role, "session", login.csrf};
  if (!login.by_token) {
    const auto user = TRY(store::get_as<model::User>(records_.store(), "users/" + login.user));
    if (!user) return not_signed_in("you are not a user any more");
    caller.role = user->value.role;
  }
  if (changes_something(request) && !system::same_secret(header(request, "x-csrf-token"), login.csrf))
    return base::fail({Code::forbidden, "the request does not carry its page's CSRF token, so nothing was changed",
                       "Load the page again."});
  return caller;
}

Result<Caller> Access::caller(const HttpRequest& request) {
  if (request.token.empty()) return by_session(request);
  if (system::same_secret(request.token, token_)) return Caller{"token", UserRole::owner, "token", {}};
  return not_signed_in("the token is not the right one");
}

Result<std::optional<model::User>> Access::user_with(const std::string& name, const Secret& password) {
  // Somebody who is no user takes as long as a wrong password: names cannot be found out by the clock.
  static const auto kNobody = system::hash_password(system::random_secret(kSecret));
  const auto user = model::check_user_name(name) ? TRY(store::get_as<model::User>(records_.store(), "users/" + name))
                        : std::nullopt;
                        const std::scoped_lock one_at_a_time{hashing_};
                        const bool right =
                            system::is_password(password, user ? user->value.password_hash : kNobody.value_or(""));
                        if (!user || !right) return std::nullopt;
                        return user->value;
}

Result<> Access::check_throttle(const std::string& who) {
  const std::scoped_lock lock{mutex_};
  const auto wait = throttle_.wait_of(who, system::now());
  if (wait.count() == 0) return {};
  return base::fail({Code::throttled, "too many tries to sign in failed",
                     fmt::format("Try again in {} s.", (wait.count() + 999) / 1'000)});
}

Result<Access::SignedIn> Access::sign_in(const Json& asked, const std::string& address) {
  const auto name = text_in(asked, "name");
  const auto by_name = "name " + name.substr(0, 64);
  const auto by_address = "address " + address;
  TRY(check_throttle(by_address));
  if (!name.empty()) TRY(check_throttle(by_name));
  if (const auto token = text_in(asked, "token"); !token.empty()) {
    if (system::same_secret(base::trim(token), token_)) return open_session({"token", UserRole::owner, "session", {}});
  } else if (const auto user = TRY(user_with(name, Secret{text_in(asked, "password")}))) {
    const std::scoped_lock lock{mutex_};
    throttle_.forget(by_name);
    return open_session({user->name, user->role, "session", {}});
  }
  const std::scoped_lock lock{mutex_};
  const auto now = system::now();
  throttle_.note_failure(by_address, now);
  if (!name.empty()) throttle_.note_failure(by_name, now);
  return base::fail({Code::unauthorized, name.empty() ? "that is not the token" : "name or password is wrong",
                     "An owner sets a new password with `pgbaton users password NAME`; the token is in the file "
                     "`token` in the server's data directory."});
}

Result<Access::SignedIn> Access::open_session(const Caller& who) {
  auto& store = records_.store();
  const auto now = system::now();
  std::vector<store::Write> writes;
  for (const auto& old : TRY(store.list("sessions/", store::kNoLimit)))
    if (old.value.value("expires_at", "") <= base::to_rfc3339(now)) writes.push_back({old.key, std::nullopt, {}});
  SignedIn signed_in{who, system::random_secret(kSecret)};
  signed_in.caller.csrf = system::random_secret(kSecret);
  const model::LogIn login{.user = who.name,
                           .role = who.role,
                           .by_token = who.name == "token",
                           .csrf = signed_in.caller.csrf,
                           .created_at = base::to_rfc3339(now),
                           .expires_at = base::to_rfc3339(now + kSignedInFor)};
  writes.push_back({key_of_session(signed_in.session), Json(login), 0});
  TRY(store.commit(writes));
  return signed_in;
}

Result<> Access::sign_out(const HttpRequest& request) {
  const auto session = cookie_value(request, cookie_);
  if (session.empty()) return {};
  TRY(records_.store().commit({{key_of_session(session), std::nullopt, {}}}));
  return {};
}

Result<> Access::end_sessions_of(const std::string& name) {
  std::vector<store::Write> writes;
  for (const auto& entry : TRY(records_.store().list("sessions/", store::kNoLimit)))
    if (entry.value.value("user", "") == name) writes.push_back({entry.key, std::nullopt, {}});
  if (!writes.empty()) TRY(records_.store().commit(writes));
  return {};
}

std::string Access::cookie_for(const Secret& session, bool tls) const {
  const auto seconds = session.empty() ? 0 : std::chrono::seconds{kSignedInFor}.count();
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", cookie_, session.reveal(), seconds,
                     tls ? "; Secure" : "");
}

Result<> check_role(const Caller& caller, api::Access needed) {
  const auto least = needed == api::Access::own       ? UserRole::owner
                     : needed == api::Access::operate ? UserRole::operator_
                                                      : UserRole::read_only;
  if (caller.role >= least) return {};
  return base::fail({Code::forbidden,
                     fmt::format("{} has the role {}, and this needs the role {}; nothing was changed", caller.name,
                                 to_string(caller.role), to_string(least)),
                     "Ask an owner: `pgbaton users role NAME ROLE` changes it."});
}

Result<> check_origin(const HttpRequest& request) {
  const auto origin = header(request, "origin");
  if (!changes_something(request) || origin.empty()) return {};
  const auto scheme = origin.find("://");
  if (scheme != std::string::npos && origin.substr(scheme + 3) == header(request, "host")) return {};
  return base::fail({Code::forbidden, "the request comes from a page of another origin, so nothing was changed",
                     "Use the dashboard at this server's own address."});
}

}  // namespace pgbaton::server
