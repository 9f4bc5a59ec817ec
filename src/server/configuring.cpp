// Settings of a database that count at once.
#include "server/databases.hpp"
#include "system/net.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;

namespace {

constexpr std::int64_t kShortestPark = 1'000;

Result<std::int64_t> park_after_asked(const Json& asked) {
  if (!asked.is_number_integer() || asked < 0 || (asked > 0 && asked < kShortestPark))
    return base::fail(Code::invalid_argument,
                      "\"park_after_ms\" is 0 for never, or a number of milliseconds from {} on", kShortestPark);
  return asked.get<std::int64_t>();
}

Result<bool> flag_asked(const Json& asked, const char* name) {
  if (!asked[name].is_boolean()) return base::fail(Code::invalid_argument, "\"{}\" is true or false", name);
  return asked[name].get<bool>();
}

Result<std::vector<std::string>> allow_asked(const Json& asked) {
  auto ranges = base::convert<std::vector<std::string>>(asked);
  if (!ranges) return base::fail(Code::invalid_argument, "\"allow\" is a list of addresses and ranges like 10.0.0.0/8");
  for (const auto& range : *ranges)
    if (!system::is_address_range(range))
      return base::fail(Code::invalid_argument, "\"{}\" is no address and no range like 10.0.0.0/8", range);
  return ranges;
}

}  // namespace

Result<Json> Databases::configure(const std::string& name, const Json& asked) {
  auto document = TRY(shop_.records.database(name));
  auto& database = document.value;
  TRY(check_idle(database));
  if (!asked.is_object()) return base::fail(Code::invalid_argument, "the body is an object: {{park_after_ms, allow}}");
  if (asked.contains("park_after_ms")) database.park_after_ms = TRY(park_after_asked(asked["park_after_ms"]));
  if (asked.contains("allow")) database.allow = TRY(allow_asked(asked["allow"]));
  if (asked.contains("requires_rehearsal")) database.requires_rehearsal = TRY(flag_asked(asked, "requires_rehearsal"));
  TRY(shop_.gateway.serve(TRY(runbooks::served(shop_.agents, database))));
  TRY(shop_.records.store().commit({put(database, document.revision)}));
  return view(database);
}

}  // namespace pgbaton::server
