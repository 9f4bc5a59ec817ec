#include "server/rehearsals.hpp"

#include "runbooks/fingerprint.hpp"
#include "system/clock.hpp"
#include "system/log.hpp"
#include "system/random.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Database;
using model::RehearsalRecord;

namespace {

constexpr std::chrono::seconds kLongestRehearsal{std::chrono::hours{24}};

Result<RehearsalRecord> claim_of(const Shop& shop, const Database& original, const Database& clone, const Json& asked) {
  RehearsalRecord record{.id = system::random_id(),
                         .database = original.name,
                         .from = original.engine,
                         .ended_at = system::timestamp(),
                         .passed = asked.value("passed", false),
                         .schema = clone.rehearsal->schema,
                         .report = asked.value("report", Json::object())};
  bool is_first = true;
  for (const auto& id : asked.value("operations", std::vector<std::string>{})) {
    const auto operation = TRY(shop.records.operation(id))
    .value;
    const bool upgraded = operation.state == model::OperationState::finished && operation.request.contains("engine");
    if (operation.database != clone.name || !upgraded)
      return base::fail(Code::refused, "operation {} is no upgrade of {} that was finished", id, clone.name);
    if (std::exchange(is_first, false))
      record.from = TRY(base::convert<model::EngineId>(operation.request["from_engine"]));
    record.to = TRY(base::convert<model::EngineId>(operation.request["engine"]));
  }
  if (record.passed && is_first)
    return base::fail(Code::refused, "a rehearsal without an upgrade has not passed anything");
  return record;
}

const std::string kEnds = "rehearsal-ends/";

Result<std::string> end_of(const Shop& shop, const Database& database) {
  const auto said = TRY(shop.records.store().get(kEnds + database.name));
  return said ? said->value.get<std::string>() : database.rehearsal->until;
}

Result<std::vector<RehearsalRecord>> records_of(const Shop& shop, const std::string& name) {
  std::vector<RehearsalRecord> all;
  for (auto& document : TRY(store::list_as<RehearsalRecord>(shop.records.store(), "rehearsals/" + name + "/")))
    all.push_back(std::move(document.value));
  std::ranges::sort(all, std::greater{}, &RehearsalRecord::ended_at);
  return all;
}

Json view_of_record(const RehearsalRecord& record) {
  Json view(record);
  view.erase("schema");
  return view;
}

std::unexpected<base::Error> not_rehearsed(const Database& database, const model::EngineId& target,
                                           const std::string& why) {
  const auto version = model::to_string(target.version);
  return base::fail(
      {Code::refused,
       fmt::format("{} requires a rehearsal before it is upgraded to {}, and {}", database.name, version, why),
       fmt::format("Nothing was changed. Rehearse it: pgbaton rehearse {} --to {}", database.name, version)});
}

}  // namespace

Result<std::string> rehearsal_end(const Json& seconds) {
  if (!seconds.is_number_integer() || seconds < 0 || seconds > kLongestRehearsal.count())
    return base::fail(Code::invalid_argument, "\"rehearsal_for_s\" is a number of seconds up to {}, or 0 for no end",
                      kLongestRehearsal.count());
  if (seconds == 0) return std::string{};
  return base::to_rfc3339(system::now() + std::chrono::seconds{seconds.get<std::int64_t>()});
}

Result<std::string> schema_fingerprint(const Shop& shop, const Database& database) {
  return runbooks::schema_fingerprint(shop.agents.of(database), model::primary_of(database).name, database.name);
}

Result<Json> Rehearsals::list(const std::string& name) {
  TRY(shop_.records.database(name));
  Json all = Json::array();
  for (const auto& record : TRY(records_of(shop_, name))) all.push_back(view_of_record(record));
  return Json{{"rehearsals", all}};
}

Result<Json> Rehearsals::record(const std::string& name, const Json& asked) {
  if (!asked.is_object() || !asked.contains("clone") || !asked["clone"].is_string())
    return base::fail(Code::invalid_argument, "the field \"clone\" is missing, or no text");
  const auto original = TRY(shop_.records.database(name))
  .value;
  const auto clone = TRY(shop_.records.database(asked["clone"].get<std::string>()))
  .value;
  if (!clone.rehearsal || clone.rehearsal->of != name)
    return base::fail(Code::refused, "{} is no clone of {} that was made for a rehearsal", clone.name, name);
  const auto record = TRY(claim_of(shop_, original, clone, asked));
  TRY(shop_.records.store().commit({{fmt::format("rehearsals/{}/{}", name, record.id), Json(record), 0}}));
  return view_of_record(record);
}

// Beside the database's own document, which operations write: whoever rehearses says again and again that it is still
// there, also while one runs.
Result<Json> Rehearsals::extend(const std::string& name, const Json& asked) {
  const auto until = TRY(rehearsal_end(asked.is_object() ? asked.value("rehearsal_for_s", Json{}) : Json{}));
  const auto database = TRY(shop_.records.database(name))
  .value;
  if (!database.rehearsal)
    return base::fail(Code::refused, "{} is no database of a rehearsal: it is not destroyed by itself", name);
  TRY(shop_.records.store().commit({{kEnds + name, Json(until), std::nullopt}}));
  return Json{{"until", until}};
}

Json rehearsal_view(const Shop& shop, const Database& database) {
  if (!database.rehearsal) return nullptr;
  return {{"of", database.rehearsal->of}, {"until", end_of(shop, database).value_or(database.rehearsal->until)}};
}

Result<> Rehearsals::destroy_expired() {
  const auto now = base::to_rfc3339(system::now());
  for (const auto& document : TRY(shop_.records.databases())) {
    const auto& database = document.value;
    if (!database.rehearsal || !database.current_operation.empty()) continue;
    const auto end = TRY(end_of(shop_, database));
    if (end.empty() || end > now) continue;
    system::log_info("the time of a rehearsal is over", {{"database", database.name}, {"of", database.rehearsal->of}});
    if (const auto begun = databases_.destroy(database.name, database.name); !begun)
      system::log_warning("a rehearsal could not be destroyed",
                          {{"database", database.name}, {"error", begun.error().message}});
  }
  return forget_ends_of_destroyed();
}

Result<> Rehearsals::forget_ends_of_destroyed() {
  auto& store = shop_.records.store();
  for (const auto& entry : TRY(store.list(kEnds, store::kNoLimit))) {
    const auto name = entry.key.substr(kEnds.size());
    if (TRY(store.get("databases/" + name))) continue;
    TRY(store.commit({store::Write{entry.key, std::nullopt, std::nullopt}}));
  }
  return {};
}

Result<> check_rehearsed(const Shop& shop, const Database& database, const model::EngineId& target) {
  if (!database.requires_rehearsal) return {};
  const auto all = TRY(records_of(shop, database.name));
  const auto found = std::ranges::find_if(all, [&](const RehearsalRecord& record) {
    return record.passed && record.to >= target && record.from == database.engine;
  });
  if (found == all.end()) return not_rehearsed(database, target, "none has passed");
  const auto ended = TRY(base::parse_rfc3339(found->ended_at));
  const auto schema = TRY(schema_fingerprint(shop, database));
  const auto why = model::expired({found->from, ended, found->schema, ""}, {database.engine, system::now(), schema, ""},
                                  model::kRehearsalCounts);
  if (why == model::Expired::age)
    return not_rehearsed(database, target, fmt::format("the last one is of {}", found->ended_at));
  if (why)
    return not_rehearsed(database, target, fmt::format("the {} was changed since the last one", to_string(*why)));
  return {};
}

}  // namespace pgbaton::server
