// A database goes back to what it was at a time. The data are restored beside those that serve, which go on meanwhile;
// then clients wait for a restart. What it was before is kept, for `revert`.
#include "api/restore.hpp"
#include "runbooks/cluster.hpp"
#include "runbooks/epochs.hpp"
#include "runbooks/major_steps.hpp"
#include "runbooks/place.hpp"
#include "runbooks/restore_steps.hpp"
#include "system/clock.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::Json;
using base::Millis;
using base::Result;
using model::Impact;

Result<> restore_data(Context& context) {
  const auto wanted = TRY(restore_request(context));
  const auto target = TRY(major_target(context));
  TRY(ensure_engines_of(context, wanted, target.engine));
  const auto port = TRY(free_node_port(context, model::primary_of(*context.database).host));
  const api::RestoreBeside job{
      .instance = target.instance, .engine = target.engine, .source = wanted.source, .data = target.data, .port = port};
  context.facts["restore"] = TRY(context.job(api::JobKind::restore_beside, Json(job)));
  return {};
}

Result<> discard_restored(Context& context) {
  const auto target = TRY(major_target(context));
  TRY(context.job(api::JobKind::discard_restore,
                  Json(api::RemoveData{target.instance, target.data, target.engine.version.major})));
  return {};
}

Result<> start_present_again(Context& context) {
  const auto target = TRY(major_target(context));
  const auto status = TRY(instance_status(context));
  if (status.state == "running" && status.data == target.from_data) return {};
  TRY(context.job(api::JobKind::stop_instance, Json(api::StopInstance{context.instance()})));
  TRY(context.job(api::JobKind::start_instance,
                  Json(api::StartInstance{context.instance(), target.from_engine, target.from_data, false})));
  context.note("The database is back in service as it was.");
  return {};
}

Result<> start_restored(Context& context) {
  const auto target = TRY(major_target(context));
  context.facts["start"] = TRY(start_guarded(context, target.engine, target.data));
  return {};
}

Result<> reach_restored_data(Context& context) {
  const auto target = TRY(major_target(context));
  const auto probe = TRY(probe_as_owner(context, api::Through::socket));
  if (probe.version != model::to_string(target.engine.version))
    return base::fail(Code::failed, "port {} is answered by PostgreSQL {}, not {}", context.database->port,
                      probe.version, model::to_string(target.engine.version));
  context.facts["probe"] = probe;
  const auto answer = TRY(context.agent.query(
      context.instance(), {"postgres", "SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid"}));
  context.facts["next_xid"] = answer.rows.at(0).at("xid");
  return {};
}

Result<> go_on_with_restored(Context& context) {
  constexpr auto kKeptFor = std::chrono::days{7};
  const auto wanted = TRY(restore_request(context));
  const auto target = TRY(major_target(context));
  const auto stopped = TRY(base::convert<api::StopAnswer>(context.operation.facts.at("stop")));
  const auto restored = TRY(base::convert<api::RestoreAnswer>(context.operation.facts.at("restore")));
  TRY(open_and_resume(context));
  auto& database = *context.database;
  record_engine(context, target.engine);
  begin_epoch(database, stopped, restored.system_identifier, wanted.source.time);
  if (database.kept && database.kept->data != target.from_data) context.facts["superseded"] = *database.kept;
  const auto now = system::now();
  database.kept = model::Kept{.engine = target.from_engine,
                              .data = target.from_data,
                              .transfer = model::Transfer::copy,
                              .upgraded_at = base::to_rfc3339(now),
                              .until = base::to_rfc3339(now + kKeptFor),
                              .operation = context.operation.id,
                              .next_xid = context.operation.facts.value("next_xid", "")};
  return {};
}

// What they have is not in the past of the primary any more.
Result<> follow_restored(Context& context) {
  for (const auto& standby : model::standbys_of(*context.database)) {
    TRY(rejoin(context, standby, context.database->engine));
    node_named(context, standby.name).engine = context.database->engine;
  }
  return {};
}

Result<> remove_older_kept(Context& context) {
  if (!context.operation.facts.contains("superseded")) return {};
  const auto older = TRY(base::convert<model::Kept>(context.operation.facts.at("superseded")));
  TRY(context.job(api::JobKind::remove_data,
                  Json(api::RemoveData{context.instance(), older.data, older.engine.version.major})));
  return {};
}

Result<> certify_restored(Context& context) {
  const auto probe = TRY(base::convert<api::ProbeAnswer>(context.operation.facts.at("probe")));
  context.facts["certificate"] = restore_certificate(context, probe);
  context.facts["certificate"]["revert_until"] = context.database->kept ? context.database->kept->until : "";
  return {};
}

constexpr Step kRestoreInPlaceSteps[] = {
    {{"secure", "What is committed until now is in the repository.", Impact::none, Millis{200}},
     nullptr,
     secure_source,
     nullptr},
    {{"restore", "The data as of the time asked for are restored beside the present ones, which go on serving.",
      Impact::degraded, Millis{5000}},
     nullptr,
     restore_data,
     discard_restored},
    {{"checkpoint", "A CHECKPOINT is taken, so that the stop is short.", Impact::none, Millis{300}},
     nullptr,
     take_checkpoint,
     nullptr},
    {{"prepare", "The sessions of connected clients are read, so that they can be carried over.", Impact::none,
      Millis{20}},
     nullptr,
     prepare,
     nullptr},
    {{"hold", "Clients are held where nothing of theirs is in flight; they stay connected and wait.", Impact::stall,
      Millis{20}},
     nullptr,
     hold,
     resume},
    {{"stop", "The instance is stopped. The database is unreachable.", Impact::stall, Millis{200}},
     is_stopped_by_us,
     stop_held,
     start_present_again},
    {{"start", "PostgreSQL is started on the restored data, for pgbaton only.", Impact::stall, Millis{300}},
     nullptr,
     start_restored,
     nullptr},
    {{"reach", "The restored database answers.", Impact::stall, Millis{50}}, nullptr, reach_restored_data, nullptr},
    {{"resume", "The database is opened as it was at the time asked for; the clients' sessions go on.", Impact::stall,
      Millis{100}, true},
     nullptr,
     go_on_with_restored,
     nullptr},
    {{"compare", "The re-created sessions are compared with what they were.", Impact::none, Millis{300}},
     nullptr,
     compare,
     nullptr},
    {{"standbys", "The standbys become those of the restored primary.", Impact::degraded, Millis{100}},
     nullptr,
     follow_restored,
     nullptr},
    {{"tidy", "What was kept of an earlier version is deleted.", Impact::none, Millis{100}},
     nullptr,
     remove_older_kept,
     nullptr},
    {{"certify", "Where the replay stopped is written down.", Impact::none, Millis{20}},
     nullptr,
     certify_restored,
     nullptr},
};

}  // namespace

const Runbook kRestoreInPlace{"restore-in-place", "A database goes back to what it was at a time",
                              model::DatabaseState::migrating, Fate::stays, kRestoreInPlaceSteps};

}  // namespace pgbaton::runbooks
