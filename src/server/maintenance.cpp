#include "server/maintenance.hpp"

#include <cctype>

#include "system/clock.hpp"
#include "system/failpoint.hpp"

namespace pgbaton::server {

using api::Maintenance;
using base::Code;
using base::Json;
using base::Result;
using model::Database;

namespace {

const std::string kMaintenance = "maintenance/";
constexpr std::size_t kLongestMessage = 300;
constexpr std::int64_t kUsualGrace = 60'000;
constexpr std::int64_t kLongestGrace = 86'400'000;

bool is_over(const Maintenance& maintenance, base::WallTime now) {
  const auto until = base::parse_rfc3339(maintenance.until);
  return until && *until <= now;
}

Result<std::string> message_asked(const Json& asked) {
  if (!asked.is_string()) return base::fail(Code::invalid_argument, "\"message\" is a text");
  auto message = asked.get<std::string>();
  const bool is_one_line = std::ranges::none_of(message, [](char c) { return static_cast<unsigned char>(c) < ' '; });
  if (message.size() <= kLongestMessage && is_one_line) return message;
  return base::fail(Code::invalid_argument, "\"message\" is one line of at most {} bytes", kLongestMessage);
}

Result<std::string> until_asked(const Json& asked, base::WallTime now) {
  const auto text = asked.is_string() ? asked.get<std::string>() : std::string{};
  auto until = base::parse_rfc3339(text);
  // A bare number would be milliseconds.
  if (const auto from_now = base::parse_duration(text);
      !until && from_now && std::isalpha(static_cast<unsigned char>(text.back())) != 0)
    until = now + *from_now;
  if (!until)
    return base::fail(Code::invalid_argument,
                      "\"until\" is a time like 2026-11-28T01:00:00Z, or how long from now like 30min or 2h");
  if (*until <= now)
    return base::fail({Code::invalid_argument, fmt::format("{} has passed already", base::to_rfc3339(*until)),
                       "Give a time that is still to come."});
  return base::to_rfc3339(*until);
}

Result<std::int64_t> grace_asked(const Json& asked) {
  if (!asked.is_number_integer() || asked < 0 || asked > kLongestGrace)
    return base::fail(Code::invalid_argument, "\"grace_ms\" is a number of milliseconds up to {}", kLongestGrace);
  return asked.get<std::int64_t>();
}

Json answer_about(const std::string& name, const std::optional<Maintenance>& maintenance) {
  return {{"database", name}, {"maintenance", maintenance}};
}

}  // namespace

Result<Maintenance> parse_maintenance(const Json& asked, base::WallTime now) {
  if (!asked.is_object())
    return base::fail(Code::invalid_argument, "the body is an object: {{message, until, grace_ms}}");
  Maintenance wanted{.since = base::to_rfc3339(now), .grace_ms = kUsualGrace};
  if (asked.contains("message")) wanted.message = TRY(message_asked(asked["message"]));
  if (asked.contains("until")) wanted.until = TRY(until_asked(asked["until"], now));
  if (asked.contains("grace_ms")) wanted.grace_ms = TRY(grace_asked(asked["grace_ms"]));
  return wanted;
}

Result<std::optional<Maintenance>> maintenance_of(const Shop& shop, const Database& database) {
  const auto kept = TRY(store::get_as<MaintenanceRecord>(shop.records.store(), kMaintenance + database.name));
  if (!kept || kept->value.ended || kept->value.created_at != database.created_at) return std::nullopt;
  if (is_over(kept->value.maintenance, system::now())) return std::nullopt;
  return kept->value.maintenance;
}

Json maintenance_view(const Shop& shop, const Database& database) {
  return maintenance_of(shop, database).value_or(std::nullopt);
}

Result<Json> MaintenanceMode::begin(const std::string& name, const Json& asked) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  if (database.state == model::DatabaseState::creating)
    return base::fail({Code::refused, fmt::format("database {} has no clients yet: it is being created", name),
                       "Nothing was changed. Wait until it runs."});
  auto wanted = TRY(parse_maintenance(asked, system::now()));
  const std::scoped_lock lock{mutex_};
  if (const auto before = TRY(maintenance_of(shop_, database))) wanted.since = before->since;
  const MaintenanceRecord record{.database = name, .created_at = database.created_at, .maintenance = wanted};
  TRY(shop_.records.store().commit({{kMaintenance + name, Json(record), std::nullopt}}));
  system::failpoint("server.maintenance.begun");
  TRY(tell(name, wanted));
  return answer_about(name, wanted);
}

Result<Json> MaintenanceMode::end(const std::string& name) {
  TRY(shop_.records.database(name));
  const std::scoped_lock lock{mutex_};
  auto kept = TRY(store::get_as<MaintenanceRecord>(shop_.records.store(), kMaintenance + name));
  if (kept) {
    kept->value.ended = true;
    TRY(shop_.records.store().commit({{kMaintenance + name, Json(kept->value), std::nullopt}}));
    system::failpoint("server.maintenance.ended");
    TRY(finish(name));
  }
  return answer_about(name, std::nullopt);
}

// What a gateway does not serve it lets nobody into.
Result<> MaintenanceMode::tell(const std::string& name, const std::optional<Maintenance>& wanted) {
  auto told = shop_.gateway.set_maintenance(name, wanted);
  if (told || told.error().code == Code::not_found) return {};
  if (told.error().code == Code::unreachable)
    told.error().remedy = "It is written down: the gateway is told of it as soon as it answers.";
  return told;
}

Result<> MaintenanceMode::finish(const std::string& name) {
  TRY(tell(name, std::nullopt));
  return remove(name);
}

Result<> MaintenanceMode::remove(const std::string& name) {
  TRY(shop_.records.store().commit({store::Write{kMaintenance + name, std::nullopt, std::nullopt}}));
  return {};
}

Result<> MaintenanceMode::reconcile() {
  Result<> outcome;
  const std::scoped_lock lock{mutex_};
  for (const auto& document : TRY(store::list_as<MaintenanceRecord>(shop_.records.store(), kMaintenance)))
    if (const auto done = reconcile(document.value); !done) outcome = done;
  return outcome;
}

Result<> MaintenanceMode::reconcile(const MaintenanceRecord& record) {
  const auto database = shop_.records.database(record.database);
  if (!database && database.error().code != Code::not_found) return std::unexpected(database.error());
  if (!database || database->value.created_at != record.created_at) return remove(record.database);
  if (record.ended || is_over(record.maintenance, system::now())) return finish(record.database);
  const auto status = shop_.gateway.status(record.database);
  if (!status && status.error().code == Code::not_found) return {};  // it is not served yet, or being destroyed
  if (!status) return std::unexpected(status.error());
  if (status->maintenance == record.maintenance) return {};
  return tell(record.database, record.maintenance);
}

}  // namespace pgbaton::server
