// Backups of databases as users see them: taken, listed, verified, restored.
#include "server/backups.hpp"

#include "api/major.hpp"
#include "runbooks/restore_choice.hpp"
#include "runbooks/restore_steps.hpp"
#include "server/databases.hpp"
#include "server/rehearsals.hpp"
#include "system/clock.hpp"
#include "system/random.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Database;

namespace {

Json set_view(const api::BackupLine& line, const api::BackupSet& set) {
  return {{"label", set.label},
          {"kind", set.kind},
          {"started_at", set.started_at},
          {"stopped_at", set.stopped_at},
          {"major", line.major},
          {"size_bytes", set.size},
          {"stored_bytes", set.stored},
          {"start_lsn", set.start},
          {"stop_lsn", set.stop},
          {"system_identifier", line.system_identifier},
          {"damaged_pages", set.has_page_errors}};
}

Result<std::string> text_in(const Json& asked, const char* name) {
  if (!asked.is_object() || !asked.contains(name) || !asked[name].is_string())
    return base::fail(Code::invalid_argument, "the field \"{}\" is missing, or no text", name);
  return asked[name].get<std::string>();
}

// A running source gets a commit that is later than the time asked for; any other log ends where it ended.
Result<bool> may_end_early(const runbooks::Agents& agents, const Database& source, const runbooks::Choice& choice) {
  if (!choice.is_present) return true;
  const auto status = agents.of(source).instance(model::primary_of(source).name);
  return !status || status->state != "running";
}

// The engine that can replay the line's log: the database's own where it fits, else the newest of that major.
Result<model::EngineId> engine_for(const Database& source, int major, const std::vector<model::EngineRecord>& engines) {
  if (source.engine.version.major == major) return source.engine;
  const model::EngineRecord* best = nullptr;
  for (const auto& engine : engines)
    if (engine.installed() && engine.id.version.major == major && (best == nullptr || best->id < engine.id))
      best = &engine;
  if (best != nullptr) return best->id;
  return base::fail({Code::refused, fmt::format("no engine of PostgreSQL {} is installed", major),
                     fmt::format("Install one: pgbaton engines install {}", major)});
}

}  // namespace

Json backup_window(const std::vector<runbooks::Span>& spans) {
  if (spans.empty()) return {{"earliest", nullptr}, {"latest", nullptr}, {"spans", Json::array()}};
  Json all = Json::array();
  for (const auto& span : spans)
    all.push_back({{"from", base::to_rfc3339(span.from)}, {"to", base::to_rfc3339(span.to)}, {"major", span.major}});
  return {{"earliest", base::to_rfc3339(spans.front().from)},
          {"latest", base::to_rfc3339(spans.back().to)},
          {"spans", all}};
}

Json backups_in_short(const runbooks::Agents& agents, const Database& database) {
  if (database.backup_key.empty() || database.nodes.empty()) return nullptr;
  const auto known = agents.of(database).backups(model::primary_of(database).name);
  if (!known) return nullptr;
  Json newest = nullptr;
  for (const auto& line : known->lines)
    if (!line.sets.empty() && (newest.is_null() || newest < line.sets.back().stopped_at))
      newest = line.sets.back().stopped_at;
  return {{"window", backup_window(runbooks::spans_of({known->lines, database.epochs}, system::now()))},
          {"newest", newest},
          {"archiving", known->archiving},
          {"problem", known->problem}};
}

Result<Json> Databases::backups(const std::string& name) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  if (database.nodes.empty()) return base::fail(Code::refused, "database {} is being created", name);
  const auto answer = TRY(shop_.agents.of(database).backups(model::primary_of(database).name));
  Json sets = Json::array();
  for (const auto& line : answer.lines)
    for (const auto& set : line.sets) sets.push_back(set_view(line, set));
  return Json{{"name", name},
              {"window", backup_window(runbooks::spans_of({answer.lines, database.epochs}, system::now()))},
              {"retention_days", model::retention_days(database.plan.topology)},
              {"archiving", answer.archiving},
              {"problem", answer.problem},
              {"backups", sets}};
}

Result<model::Operation> Databases::backup(const std::string& name, const Json& asked) {
  auto document = TRY(shop_.records.database(name));
  TRY(check_idle(document.value));
  const bool full = TRY(flag_field(asked, "full"));
  // Of a database from before there were backups.
  if (document.value.backup_key.empty()) document.value.backup_key = system::random_secret(43);
  const auto version = model::to_string(document.value.engine.version);
  return operations_.begin(std::move(document),
                           {.runbook = runbooks::kBackup, .from = version, .to = version, .request = {{"full", full}}});
}

Result<model::Operation> Databases::verify_backups(const std::string& name) {
  auto document = TRY(shop_.records.database(name));
  TRY(check_idle(document.value));
  const auto version = model::to_string(document.value.engine.version);
  return operations_.begin(std::move(document), {.runbook = runbooks::kVerifyBackups, .from = version, .to = version});
}

Result<model::Operation> Databases::restore(const std::string& name, const Json& asked) {
  auto document = TRY(shop_.records.database(name));
  const auto& source = document.value;
  const auto to = TRY(text_in(asked, "to"));
  const auto time = to == "now" ? system::now() : TRY(base::parse_rfc3339(to));
  if (source.nodes.empty()) return base::fail(Code::refused, "database {} is being created", name);
  const auto known = TRY(shop_.agents.of(source).backups(model::primary_of(source).name));
  if (!known.problem.empty())
    return base::fail({Code::unreachable, fmt::format("the repository cannot be read: {}", known.problem),
                       "Nothing was begun. Try again when it is back."});
  auto choice =
      TRY(runbooks::choose_restore({known.lines, source.epochs, known.archiving.timeline}, time, system::now()));
  const auto engines = TRY(shop_.records.engines());
  if (choice.older) choice.older->engine = TRY(engine_for(source, choice.older_major, engines));
  const bool early = TRY(may_end_early(shop_.agents, source, choice));
  const runbooks::RestoreRequest wanted{.source = {.stanza = choice.stanza,
                                                   .key = source.backup_key,
                                                   .set = choice.set,
                                                   .time = base::to_rfc3339(time),
                                                   .timeline = choice.timeline,
                                                   .database = source.name,
                                                   .instance = model::primary_of(source).name,
                                                   .may_end_early = early,
                                                   .at_least = choice.end,
                                                   .system_identifier = choice.system_identifier,
                                                   .older = choice.older},
                                        .primary = model::primary_of(source),
                                        .is_present = choice.is_present};
  const auto engine = TRY(engine_for(source, choice.major, engines));
  if (asked.contains("as")) return restore_as(source, engine, asked, Json(wanted));
  return restore_in_place(std::move(document), engine, asked, Json(wanted));
}

Result<model::Operation> Databases::restore_in_place(Document<Database> document, const model::EngineId& engine,
                                                     const Json& asked, const Json& wanted) {
  const auto& database = document.value;
  TRY(check_idle(database));
  auto terms = asked;
  terms.erase("to");  // a time, and no version
  const auto request = TRY(parse_upgrade(terms));
  const auto instance = TRY(shop_.agents.of(database).instance(model::primary_of(database).name));
  const api::MajorTarget target{.instance = instance.name,
                                .from_engine = database.engine,
                                .from_data = instance.data,
                                .engine = engine,
                                .data = "data-" + system::random_id(),
                                .transfer = model::Transfer::copy};
  const Operations::Wanted operation{.runbook = runbooks::kRestoreInPlace,
                                     .from = model::to_string(database.engine.version),
                                     .to = model::to_string(engine.version),
                                     .request = {{"restore", wanted}, {"major", target}, {"hold", request.hold}}};
  return operations_.begin(std::move(document), operation);
}

// On one node, whatever the source has: standbys come with a change of plan.
Result<model::Operation> Databases::restore_as(const Database& source, const model::EngineId& engine, const Json& asked,
                                               const Json& wanted) {
  const auto name = TRY(text_in(asked, "as"));
  TRY(model::check_database_name(name));
  if (shop_.records.database(name)) return base::fail(Code::already_exists, "there is a database \"{}\" already", name);
  const auto generation = TRY(shop_.records.generation_before(name));
  Database database{.name = name,
                    .plan = {model::Topology::starter, source.plan.memory},
                    .engine = engine,
                    .locale = source.locale,
                    .owner = name,
                    .password = system::random_secret(24),
                    .replication_password = system::random_secret(24),
                    .generation = generation,
                    .created_at = system::timestamp(),
                    .backup_key = system::random_secret(43)};
  if (asked.contains("rehearsal_for_s")) {
    const auto until = TRY(rehearsal_end(asked["rehearsal_for_s"]));
    const auto schema = TRY(schema_fingerprint(shop_, source));
    database.rehearsal = model::Rehearsal{.of = source.name, .until = until, .schema = schema};
  }
  return operations_.begin(
      {database, 0},
      {.runbook = runbooks::kRestoreNew, .to = model::to_string(engine.version), .request = {{"restore", wanted}}});
}

}  // namespace pgbaton::server
