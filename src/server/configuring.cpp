// Settings of a database that count at once.
#include "model/window.hpp"
#include "server/databases.hpp"
#include "system/net.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Database;

namespace {

constexpr std::int64_t kShortestPark = 1'000;

Result<std::int64_t> park_after_asked(const Json& asked) {
  if (!asked.is_number_integer() || asked < 0 || (asked > 0 && asked < kShortestPark))
    return base::fail(Code::invalid_argument,
                      "\"park_after_ms\" is 0 for never, or a number of milliseconds from {} on", kShortestPark);
  return asked.get<std::int64_t>();
}

Result<std::vector<std::string>> allow_asked(const Json& asked) {
  auto ranges = base::convert<std::vector<std::string>>(asked);
  if (!ranges) return base::fail(Code::invalid_argument, "\"allow\" is a list of addresses and ranges like 10.0.0.0/8");
  for (const auto& range : *ranges)
    if (!system::is_address_range(range))
      return base::fail(Code::invalid_argument, "\"{}\" is no address and no range like 10.0.0.0/8", range);
  return ranges;
}

// Null takes it away.
Result<std::string> window_asked(const Json& asked) {
  if (asked.is_null()) return std::string{};
  if (!asked.is_string()) return base::fail(Code::invalid_argument, "\"window\" is a text, or null for none");
  return model::to_string(TRY(model::parse_window(asked.get<std::string>())));
}

Result<> check_automatic(const Database& database) {
  if (!database.auto_minor || !database.window.empty()) return {};
  return base::fail(
      {Code::refused, "automatic minor-upgrades need a maintenance window to begin in",
       fmt::format("Give one: pgbaton configure {} --auto-minor on --window \"sun 03:00 2h Europe/Berlin\"",
                   database.name)});
}

}  // namespace

Result<Json> Databases::configure(const std::string& name, const Json& asked) {
  auto document = TRY(shop_.records.database(name));
  auto& database = document.value;
  TRY(check_idle(database));
  if (!asked.is_object()) return base::fail(Code::invalid_argument, "the body is an object: {{park_after_ms, allow}}");
  if (asked.contains("park_after_ms")) database.park_after_ms = TRY(park_after_asked(asked["park_after_ms"]));
  if (asked.contains("allow")) database.allow = TRY(allow_asked(asked["allow"]));
  if (asked.contains("requires_rehearsal")) database.requires_rehearsal = TRY(flag_field(asked, "requires_rehearsal"));
  if (asked.contains("window")) database.window = TRY(window_asked(asked["window"]));
  if (asked.contains("auto_minor")) database.auto_minor = TRY(flag_field(asked, "auto_minor"));
  TRY(check_automatic(database));
  TRY(shop_.gateway.serve(TRY(runbooks::served(shop_.agents, database))));
  TRY(shop_.records.store().commit({put(database, document.revision)}));
  return view(database);
}

}  // namespace pgbaton::server
