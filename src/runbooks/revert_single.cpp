// Back to the version before the last major-upgrade, with its data as they were then. Possible where the old data
// directory shares no file with the new one: copied or cloned.
#include "runbooks/epochs.hpp"
#include "runbooks/major_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::Json;
using base::Millis;
using base::Result;
using model::Impact;

// The engine and the data directory that the database has left, or stays with.
Result<> start_again(Context& context) {
  const auto wanted = TRY(major_target(context));
  const auto status = TRY(instance_status(context));
  if (status.state == "running" && status.data == wanted.from_data) return {};
  TRY(context.job(api::JobKind::stop_instance, Json(api::StopInstance{context.instance()})));
  TRY(context.job(api::JobKind::start_instance,
                  Json(api::StartInstance{context.instance(), wanted.from_engine, wanted.from_data, false})));
  context.note(fmt::format("PostgreSQL {} is back in service.", model::to_string(wanted.from_engine.version)));
  return {};
}

Result<> start_kept(Context& context) {
  const auto wanted = TRY(major_target(context));
  if (!model::allows_revert(wanted.transfer))
    return base::fail(Code::failed, "the old version's files are linked with the new one's");
  const auto answer = TRY(start_guarded(context, wanted.engine, wanted.data));
  context.facts["start"] = answer;
  return {};
}

Result<> reach_kept(Context& context) {
  const auto wanted = TRY(major_target(context));
  const auto probe = TRY(probe_as_owner(context, api::Through::socket));
  if (probe.version == model::to_string(wanted.engine.version)) {
    context.facts["probe"] = probe;
    context.facts["cluster"] = TRY(cluster_of(context));
    return {};
  }
  return base::fail(Code::failed, "port {} is answered by PostgreSQL {}, not {}", context.database->port, probe.version,
                    model::to_string(wanted.engine.version));
}

Result<> go_on_with_kept(Context& context) {
  const auto wanted = TRY(major_target(context));
  const auto stopped = TRY(base::convert<api::StopAnswer>(context.operation.facts.at("stop")));
  TRY(open_and_resume(context));
  record_engine(context, wanted.engine);
  go_back_to_epoch(*context.database, stopped, context.operation.facts.value("cluster", Json::object()));
  return {};
}

Result<> remove_left(Context& context) {
  const auto wanted = TRY(major_target(context));
  TRY(context.job(api::JobKind::remove_data,
                  Json(api::RemoveData{context.instance(), wanted.from_data, wanted.from_engine.version.major})));
  context.database->kept.reset();
  return {};
}

constexpr Step kRevertSteps[] = {
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
     start_again},
    {{"start", "The kept version is started on its own data, for pgbaton only.", Impact::stall, Millis{300}},
     nullptr,
     start_kept,
     nullptr},
    {{"reach", "The kept version answers.", Impact::stall, Millis{50}}, nullptr, reach_kept, nullptr},
    {{"resume", "The database is opened with its data as of the upgrade; the clients' sessions go on.", Impact::stall,
      Millis{100}, true},
     nullptr,
     go_on_with_kept,
     nullptr},
    {{"compare", "The re-created sessions are compared with what they were.", Impact::none, Millis{300}},
     nullptr,
     compare,
     nullptr},
    {{"remove", "The newer version's data directory, with what was written since, is deleted.", Impact::none,
      Millis{300}},
     nullptr,
     remove_left,
     nullptr},
};

}  // namespace

const Runbook kRevertSingle{"revert-single", "Back to the version before the last major-upgrade",
                            model::DatabaseState::migrating, Fate::stays, kRevertSteps};

}  // namespace pgbaton::runbooks
