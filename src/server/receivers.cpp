#include "server/receivers.hpp"

#include "server/notice.hpp"
#include "system/clock.hpp"
#include "system/outgoing.hpp"
#include "system/random.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using base::Secret;
using model::Receiver;
using model::Told;

namespace {

constexpr base::Millis kPatience{5'000};
constexpr std::string_view kMailto = "mailto:";
constexpr std::size_t kSecretLength = 40;

bool is_mail(const Receiver& receiver) { return receiver.url.starts_with(kMailto); }

Result<std::string> optional_text(const Json& asked, const char* name) {
  if (!asked.contains(name) || asked[name].is_null()) return std::string{};
  if (!asked[name].is_string()) return base::fail(Code::invalid_argument, "\"{}\" is a text", name);
  return asked[name].get<std::string>();
}

// Nothing of it may become a header of its own.
bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

Result<> check_address(std::string_view address) {
  const auto at = address.find('@');
  const bool good = at != std::string_view::npos && at > 0 && at + 1 < address.size() && is_printable(address) &&
                    address.find_first_of("<>,;:\"()") == std::string_view::npos;
  if (good) return {};
  return base::fail(Code::invalid_argument, "\"{}\" is no address of mail", address);
}

Result<> check_mail(const Receiver& receiver) {
  TRY(check_address(std::string_view{receiver.url}.substr(kMailto.size())));
  if (receiver.from.empty() || receiver.smtp.empty())
    return base::fail({Code::invalid_argument, "mail needs a server and a sender",
                       "Say --smtp smtp://mail.example.org:587 --from pgbaton@example.org"});
  TRY(check_address(receiver.from));
  const bool is_server = receiver.smtp.starts_with("smtp://") || receiver.smtp.starts_with("smtps://");
  if (is_server && is_printable(receiver.smtp)) return {};
  return base::fail(Code::invalid_argument, "\"{}\" is no mail server like smtp://mail.example.org:587", receiver.smtp);
}

Result<> check_receiver(const Receiver& receiver) {
  if (is_mail(receiver)) return check_mail(receiver);
  const bool is_web = receiver.url.starts_with("https://") || receiver.url.starts_with("http://");
  if (is_web && is_printable(receiver.url)) return {};
  return base::fail({Code::invalid_argument, fmt::format("\"{}\" can be told nothing", receiver.url),
                     "It is https://host/path, or mailto:somebody@example.org."});
}

Result<store::Document<Receiver>> find_receiver(const Shop& shop, const std::string& id) {
  auto found = TRY(store::get_as<Receiver>(shop.records.store(), kReceivers + id));
  if (found) return std::move(*found);
  return base::fail({Code::not_found, fmt::format("there is no receiver \"{}\"", id),
                     "`pgbaton notify list` shows which there are."});
}

Json receiver_view(const Receiver& receiver, const Told& told) {
  return {{"id", receiver.id},
          {"url", receiver.url},
          {"database", receiver.database.empty() ? Json{} : Json(receiver.database)},
          {"detail", receiver.detail},
          {"smtp", receiver.smtp.empty() ? Json{} : Json(receiver.smtp)},
          {"created_at", receiver.created_at},
          {"last_at", told.last_at.empty() ? Json{} : Json(told.last_at)},
          {"problem", told.problem.empty() ? Json{} : Json(told.problem)},
          {"skipped", told.skipped}};
}

}  // namespace

Result<Json> Receivers::list() {
  Json all = Json::array();
  for (const auto& document : TRY(store::list_as<Receiver>(shop_.records.store(), kReceivers))) {
    const auto told = TRY(store::get_as<Told>(shop_.records.store(), kTold + document.value.id));
    all.push_back(receiver_view(document.value, told ? told->value : Told{}));
  }
  return Json{{"receivers", all}};
}

Result<Json> Receivers::add(const Json& asked) {
  if (!asked.is_object() || !asked.contains("url") || !asked["url"].is_string())
    return base::fail(Code::invalid_argument, "the field \"url\" is missing, or no text");
  Receiver receiver{
      .id = system::random_id(), .url = asked["url"].get<std::string>(), .created_at = system::timestamp()};
  receiver.database = TRY(optional_text(asked, "database"));
  receiver.smtp = TRY(optional_text(asked, "smtp"));
  receiver.smtp_user = TRY(optional_text(asked, "smtp_user"));
  receiver.from = TRY(optional_text(asked, "from"));
  if (const auto detail = TRY(optional_text(asked, "detail")); !detail.empty()) {
    const auto known = model::parse_Detail(detail);
    if (!known) return base::fail(Code::invalid_argument, "\"detail\" is operations or steps");
    receiver.detail = *known;
  }
  TRY(check_receiver(receiver));
  if (!receiver.database.empty()) TRY(shop_.records.database(receiver.database));
  receiver.secret = is_mail(receiver) ? Secret { TRY(optional_text(asked, "smtp_password")) } : system::random_secret(kSecretLength);
  const Told told{.revision = shop_.records.store().revision()};
  TRY(shop_.records.store().commit(
      {{kReceivers + receiver.id, Json(receiver), 0}, {kTold + receiver.id, Json(told), 0}}));
  auto view = receiver_view(receiver, told);
  if (!is_mail(receiver)) view["secret"] = receiver.secret.reveal();
  return view;
}

Result<> Receivers::remove(const std::string& id) {
  TRY(find_receiver(shop_, id));
  TRY(shop_.records.store().commit(
      {{kReceivers + id, std::nullopt, std::nullopt}, {kTold + id, std::nullopt, std::nullopt}}));
  return {};
}

Result<> Receivers::test(const std::string& id) {
  const auto receiver = TRY(find_receiver(shop_, id))
  .value;
  const model::Operation nothing{.id = "none", .kind = "test"};
  auto notice =
      notice_of({.time = system::timestamp(), .kind = "note", .message = "This is a test of pgbaton."}, nothing);
  notice["event"] = "test";
  return deliver(receiver, notice, system::random_id());
}

Result<> deliver(const Receiver& receiver, const Json& notice, const std::string& delivery) {
  const auto now = system::now();
  const auto deadline = base::Deadline::after(kPatience);
  if (is_mail(receiver))
    return system::send_mail({receiver.smtp, receiver.smtp_user, receiver.secret}, receiver.from,
                             receiver.url.substr(kMailto.size()), mail_of(notice, receiver, delivery, now), deadline);
  const auto body = notice.dump();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  return system::post_json(receiver.url, signed_headers(receiver.secret, delivery, seconds, body), body, deadline);
}

}  // namespace pgbaton::server
