// What a major-upgrade does with the primary, or the one instance of a single-node database.
#include "preflight/check.hpp"
#include "runbooks/epochs.hpp"
#include "runbooks/major_steps.hpp"
#include "runbooks/upgrade_steps.hpp"
#include "system/clock.hpp"

namespace pgbaton::runbooks {

using base::Code;
using base::Json;
using base::Result;

// ---- check

namespace {

// Whose statistics are missed first.
Result<std::vector<api::Relation>> used_most(const Context& context) {
  constexpr auto kMostUsed = R"(
SELECT format('%I.%I', schemaname, relname) AS name FROM pg_stat_user_tables
WHERE coalesce(seq_scan, 0) + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del > 0
ORDER BY coalesce(seq_scan, 0) + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd + n_tup_del DESC LIMIT 20)";
  std::vector<api::Relation> relations;
  const auto databases = TRY(databases_of_instance(context));
  for (const auto& database : databases) {
    const auto answer = TRY(context.agent.query(context.instance(), {database, kMostUsed}));
    for (const auto& row : answer.rows) relations.push_back({database, row.at("name").get<std::string>()});
  }
  return relations;
}

}  // namespace

Result<> check_major(Context& context) {
  const auto wanted = TRY(major_target(context));
  const Preflight subject{context.agent, context.catalog, *context.database, context.engines,
                          wanted.transfer == model::Transfer::copy};
  const auto report = TRY(kept_preflight(context, subject, wanted.engine));
  context.facts["used_most"] = TRY(used_most(context));
  if (!report.stops()) return {};
  const auto& first = report.findings.front();
  return base::fail({Code::refused, first.text, first.remedy});
}

// ---- target

Result<> prepare_target(Context& context) {
  TRY(context.job(api::JobKind::prepare_target, Json(TRY(major_target(context)))));
  return {};
}

// What went wrong after an extension's script had written to tables that both versions share: see take_back.
Result<bool> is_on_new_for_good(const Context& context, const api::MajorTarget& wanted) {
  const auto status = TRY(instance_status(context));
  return status.data == wanted.data && status.desired == "running" && !status.guarded;
}

Result<> discard_target(Context& context) {
  const auto wanted = TRY(major_target(context));
  if (TRY(is_on_new_for_good(context, wanted))) return {};
  TRY(context.job(api::JobKind::remove_data,
                  Json(api::RemoveData{wanted.instance, wanted.data, wanted.engine.version.major})));
  return {};
}

// ---- stop

Result<> start_old_major(Context& context) {
  const auto wanted = TRY(major_target(context));
  if (TRY(is_on_new_for_good(context, wanted))) return {};
  const auto status = TRY(instance_status(context));
  const bool runs = status.state == "running" && status.engine == wanted.from_engine;
  if (!runs) {
    TRY(context.job(api::JobKind::start_instance,
                    Json(api::StartInstance{context.instance(), wanted.from_engine, wanted.from_data, false})));
    context.note(fmt::format("PostgreSQL {} is back in service.", model::to_string(wanted.from_engine.version)));
  }
  record_engine(context, wanted.from_engine);
  return {};
}

// ---- digest

// Clients wait meanwhile, so what was not asked for in whole is a sample that has little time.
Result<> digest_old(Context& context) {
  constexpr std::int64_t kBudgetMs = 100;
  TRY(check_held(context));
  const bool whole = context.operation.request.value("digest", "") == "whole";
  context.facts["digests"] = TRY(context.job(api::JobKind::digest_instance,
                                             Json(api::DigestInstance{context.instance(), whole, kBudgetMs, nullptr})));
  return {};
}

// Past the point of no return: to read a page may write to it.
Result<> digest_new(Context& context) {
  const auto& before = context.operation.facts.at("digests");
  const auto after =
      TRY(context.job(api::JobKind::digest_instance, Json(api::DigestInstance{context.instance(), false, 0, before})));
  context.facts["digests_compared"] = compare_digests(before, after);
  for (const auto& difference : context.facts["digests_compared"].at("different"))
    context.note("Not as before: " + difference.get<std::string>());
  return {};
}

// ---- convert

Result<> convert(Context& context) {
  const auto wanted = TRY(major_target(context));
  const auto answer = context.job(api::JobKind::convert_instance, Json(wanted));
  if (!answer && answer.error().code == Code::refused)  // the database is stopped already: not without an effect
    return base::fail({Code::failed, answer.error().message, answer.error().remedy_or_default()});
  if (!answer) return std::unexpected(answer.error());
  context.facts["convert"] = *answer;
  return {};
}

namespace {

// Never both and never neither: where the old files are not to be trusted any more, the new version is the one.
Result<> go_on_with_new_after_all(Context& context, const api::MajorTarget& wanted, const base::Error& why) {
  TRY(context.job(api::JobKind::start_instance,
                  Json(api::StartInstance{context.instance(), wanted.engine, wanted.data, false})));
  record_engine(context, wanted.engine);
  context.note(fmt::format("There was no way back: {}. PostgreSQL {} is in service instead, with all data.",
                           why.message, model::to_string(wanted.engine.version)));
  return {};
}

}  // namespace

Result<> take_back(Context& context) {
  const auto wanted = TRY(major_target(context));
  if (TRY(is_on_new_for_good(context, wanted))) return {};
  const auto done = context.job(api::JobKind::take_back_instance, Json(wanted));
  if (done) return {};
  if (done.error().code == Code::corrupt) return go_on_with_new_after_all(context, wanted, done.error());
  return std::unexpected(done.error());
}

// ---- start

Result<> start_new(Context& context) {
  const auto wanted = TRY(major_target(context));
  const auto answer = TRY(start_guarded(context, wanted.engine, wanted.data));
  context.facts["start"] = answer;
  if (answer.version == model::to_string(wanted.engine.version)) return {};
  return base::fail(Code::failed, "the running server says that it is {}, not {}", answer.version,
                    model::to_string(wanted.engine.version));
}

// ---- reach

Result<> reach_new(Context& context) {
  const auto wanted = TRY(major_target(context));
  const auto stopped = TRY(base::convert<api::StopAnswer>(context.operation.facts.at("stop")));
  const auto probe = TRY(probe_as_owner(context, api::Through::socket));
  if (probe.version != model::to_string(wanted.engine.version))
    return base::fail(Code::failed, "port {} is answered by PostgreSQL {}, not {}", context.database->port,
                      probe.version, model::to_string(wanted.engine.version));
  // pg_upgrade lets the log of the new cluster go on after that of the old one.
  if (probe.position < stopped.shutdown_checkpoint)
    return base::fail(Code::corrupt, "the write-ahead log begins at {}, before the old version's last checkpoint at {}",
                      base::to_string(probe.position), base::to_string(stopped.shutdown_checkpoint));
  context.facts["probe"] = probe;
  const auto answer = TRY(context.agent.query(
      context.instance(), {"postgres", "SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid"}));
  context.facts["next_xid"] = answer.rows.at(0).at("xid");
  return {};
}

// ---- extensions

Result<> update_extensions_of_major(Context& context) {
  context.facts["extensions"] =
      TRY(context.job(api::JobKind::update_extensions, Json(api::InstanceName{context.instance()})));
  return {};
}

// ---- rebuild

namespace {

constexpr std::string_view kCollationCheck = "collations";

// Nobody else is there: what is rebuilt needs not be rebuilt beside its old self.
std::string without_concurrently(std::string sql) {
  constexpr std::string_view kWord = " CONCURRENTLY";
  if (const auto at = sql.find(kWord); at != std::string::npos) sql.erase(at, kWord.size());
  return sql;
}

Result<std::vector<api::Statement>> rebuilding(const Context& context) {
  const auto report = TRY(base::convert<preflight::Report>(context.operation.facts.at("preflight")));
  std::vector<api::Statement> statements;
  for (const auto& finding : report.findings) {
    if (finding.check != kCollationCheck) continue;
    for (const auto* list : {&finding.statements, &finding.by_hand})
      for (const auto& sql : *list)
        statements.push_back({.database = finding.database, .sql = without_concurrently(sql), .about = sql});
  }
  return statements;
}

// Those of the databases' own collations, which every connection would warn of.
Result<std::vector<api::Statement>> refreshing(const Context& context) {
  const auto wanted = TRY(major_target(context));
  std::vector<api::Statement> statements;
  if (wanted.engine.version.major < 15) return statements;
  const auto answer = TRY(context.agent.query(
      context.instance(),
      {"postgres",
       "SELECT format('ALTER DATABASE %I REFRESH COLLATION VERSION', datname) AS sql FROM pg_database "
       "WHERE datallowconn AND datcollversion IS DISTINCT FROM "
       "pg_database_collation_actual_version(oid)"}));
  for (const auto& row : answer.rows)
    statements.push_back({.database = "postgres", .sql = row.at("sql"), .about = row.at("sql")});
  return statements;
}

}  // namespace

// From here on files that a linked old version shares are written. What cannot be rebuilt is named and stops nothing:
// there is no way back any more, and clients wait.
Result<> rebuild(Context& context) {
  auto statements = TRY(rebuilding(context));
  const auto refresh = TRY(refreshing(context));
  statements.insert(statements.end(), refresh.begin(), refresh.end());
  context.facts["rebuilt"] = Json::array();
  if (statements.empty()) return {};
  const auto answer = TRY(base::convert<api::RunStatements>(
      TRY(context.job(api::JobKind::run_statements, Json(api::RunStatements{context.instance(), statements})))));
  context.facts["rebuilt"] = answer.statements;
  for (const auto& statement : answer.statements)
    if (!statement.error.empty())
      context.note(
          fmt::format("For you to do, in database {}: {}: {}", statement.database, statement.sql, statement.error));
  return {};
}

// ---- resume

// What the database is from the moment that clients are let in.
void record_switch(Context& context, const api::MajorTarget& wanted) {
  constexpr auto kKeptFor = std::chrono::days{7};
  record_engine(context, wanted.engine);
  const auto now = system::now();
  if (context.database->kept) context.facts["superseded"] = *context.database->kept;
  context.database->kept = model::Kept{.engine = wanted.from_engine,
                                       .data = wanted.from_data,
                                       .transfer = wanted.transfer,
                                       .upgraded_at = base::to_rfc3339(now),
                                       .until = base::to_rfc3339(now + kKeptFor),
                                       .operation = context.operation.id,
                                       .next_xid = context.operation.facts.value("next_xid", ""),
                                       .node = context.instance()};
}

Result<> go_on_with_new(Context& context) {
  const auto wanted = TRY(major_target(context));
  const auto stopped = TRY(base::convert<api::StopAnswer>(context.operation.facts.at("stop")));
  const auto converted = TRY(base::convert<api::ConvertAnswer>(context.operation.facts.at("convert")));
  TRY(open_and_resume(context));
  record_switch(context, wanted);
  begin_epoch(*context.database, stopped, converted.system_identifier, "");
  return {};
}

// ---- statistics

Result<> analyze(Context& context) {
  api::AnalyzeInstance wanted{context.instance(), {}};
  wanted.first = TRY(base::convert<std::vector<api::Relation>>(context.operation.facts.at("used_most")));
  const auto answer =
      TRY(base::convert<api::AnalyzeAnswer>(TRY(context.job(api::JobKind::analyze_instance, Json(wanted)))));
  context.facts["statistics"] = answer;
  for (const auto& problem : answer.problems) context.note("Not analyzed: " + problem);
  return {};
}

// ---- aftercare

// What releases between the two ask for, and clients need not wait for.
Result<> aftercare_of_major(Context& context) {
  const auto report = TRY(base::convert<preflight::Report>(context.operation.facts.at("preflight")));
  std::vector<api::Statement> statements;
  for (const auto& finding : report.findings) {
    if (finding.check == kCollationCheck) continue;
    for (const auto& sql : finding.statements)
      statements.push_back({.database = finding.database, .sql = sql, .about = sql});
    for (const auto& sql : finding.by_hand) context.note(fmt::format("For you to decide: {} {}", finding.text, sql));
  }
  context.facts["aftercare"] = Json::array();
  if (statements.empty()) return {};
  const auto answer =
      TRY(context.job(api::JobKind::run_statements, Json(api::RunStatements{context.instance(), statements})));
  context.facts["aftercare"] = answer.at("statements");
  return {};
}

// ---- tidy

// One old version is kept: the last. That before it goes when this upgrade has come so far.
Result<> remove_superseded(Context& context) {
  if (!context.operation.facts.contains("superseded")) return {};
  return remove_kept(context, TRY(base::convert<model::Kept>(context.operation.facts.at("superseded"))));
}

// ---- certify

namespace {

// What each step took, beside what was expected.
Json step_times(const model::Operation& operation) {
  Json times = Json::object();
  for (const auto& step : operation.steps)
    if (step.actual_ms) times[step.name] = {{"actual_ms", *step.actual_ms}, {"estimate_ms", step.estimate_ms}};
  return times;
}

}  // namespace

Result<> certify_major(Context& context) {
  const auto& facts = context.operation.facts;
  const auto wanted = TRY(major_target(context));
  const auto stopped = TRY(base::convert<api::StopAnswer>(facts.at("stop")));
  const auto converted = TRY(base::convert<api::ConvertAnswer>(facts.at("convert")));
  const auto probe = TRY(base::convert<api::ProbeAnswer>(facts.at("probe")));
  context.facts["certificate"] = {{"from_version", model::to_string(wanted.from_engine.version)},
                                  {"version", probe.version},
                                  {"from_system_identifier", stopped.system_identifier},
                                  {"system_identifier", converted.system_identifier},
                                  {"timeline", stopped.timeline},
                                  {"fence_lsn", base::to_string(stopped.shutdown_checkpoint)},
                                  {"old_stopped_at", stopped.stopped_at},
                                  {"new_position_lsn", base::to_string(probe.position)},
                                  {"new_reached_at", probe.time},
                                  {"transfer", wanted.transfer},
                                  {"extensions", facts.at("extensions")},
                                  {"rebuilt", facts.at("rebuilt")},
                                  {"rows", facts.at("digests_compared")},
                                  {"safety_point", facts.value("safety", Json{})},
                                  {"steps", step_times(context.operation)}};
  return {};
}

}  // namespace pgbaton::runbooks
