// The users of Access: added, changed, removed.
#include "server/access.hpp"
#include "system/clock.hpp"
#include "system/password.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using base::Secret;

namespace {

std::string key_of_user(const std::string& name) { return "users/" + name; }

Json view(const model::User& user) {
  return {{"name", user.name}, {"role", user.role}, {"created_at", user.created_at}};
}

Result<std::string> needed_text(const Json& asked, const char* name) {
  if (asked.is_object() && asked.contains(name) && asked[name].is_string()) return asked[name].get<std::string>();
  return base::fail(Code::invalid_argument, "the field \"{}\" is missing, or no text", name);
}

Result<model::UserRole> role_asked_for(const Json& asked) {
  const auto text = TRY(needed_text(asked, "role"));
  const auto role = model::parse_UserRole(text);
  if (role) return *role;
  return base::fail(
      {Code::invalid_argument, fmt::format("there is no role \"{}\"", text), "It is owner, operator or read-only."});
}

Result<std::string> hash_asked_for(const Json& asked) {
  const Secret password { TRY(needed_text(asked, "password")) };
  TRY(model::check_password(password));
  return system::hash_password(password);
}

Result<store::Document<model::User>> find_user(store::Store& store, const std::string& name) {
  auto found = TRY(store::get_as<model::User>(store, key_of_user(name)));
  if (found) return std::move(*found);
  return base::fail(
      {Code::not_found, fmt::format("there is no user \"{}\"", name), "`pgbaton users list` shows who there is."});
}

}  // namespace

Result<Json> Access::users() {
  Json all = Json::array();
  for (const auto& document : TRY(store::list_as<model::User>(records_.store(), "users/")))
    all.push_back(view(document.value));
  return Json{{"users", all}};
}

Result<Json> Access::add_user(const Json& asked) {
  const auto name = TRY(needed_text(asked, "name"));
  TRY(model::check_user_name(name));
  const auto role = TRY(role_asked_for(asked));
  const auto hash = TRY(hash_asked_for(asked));
  const model::User user{.name = name, .role = role, .password_hash = hash, .created_at = system::timestamp()};
  const auto stored = records_.store().commit({{key_of_user(name), Json(user), 0}});
  if (!stored && stored.error().code == Code::busy)
    return base::fail(Code::already_exists, "there is a user \"{}\" already", name);
  TRY(stored);
  return view(user);
}

Result<Json> Access::change_user(const std::string& name, const Json& asked) {
  auto document = TRY(find_user(records_.store(), name));
  auto& user = document.value;
  if (asked.is_object() && asked.contains("role")) user.role = TRY(role_asked_for(asked));
  const bool new_password = asked.is_object() && asked.contains("password");
  if (new_password) user.password_hash = TRY(hash_asked_for(asked));
  TRY(records_.store().commit({{key_of_user(name), Json(user), document.revision}}));
  if (new_password) TRY(end_sessions_of(name));
  return view(user);
}

Result<> Access::remove_user(const std::string& name) {
  const auto document = TRY(find_user(records_.store(), name));
  TRY(records_.store().commit({{key_of_user(name), std::nullopt, document.revision}}));
  return end_sessions_of(name);
}

}  // namespace pgbaton::server
