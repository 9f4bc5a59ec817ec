// The minor-upgrade of a single-node database: the instance is stopped and restarted with the targeted version, on the
// same data, while the gateway holds the clients. Until they go on, the old engine can take the data back.
#include "runbooks/gate.hpp"
#include "runbooks/instance_steps.hpp"
#include "runbooks/upgrade_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::Json;
using base::Millis;
using base::Result;
using model::EngineId;
using model::Impact;

// ---- checkpoint

Result<> checkpoint(Context& context) {
  TRY(context.job(api::JobKind::checkpoint_instance, Json(api::InstanceName{context.instance()})));
  return {};
}

// ---- stop

Result<bool> is_stopped(Context& context) {
  // Stopped by somebody else, or by a crash, is not stopped by us: the facts would be missing. Asked for first, because
  // clients wait by now and the status walks through the whole data directory.
  if (!context.operation.facts.contains("stop")) return false;
  const auto status = TRY(instance_status(context));
  return status.state == "stopped";
}

Result<> stop(Context& context) {
  TRY(check_held(context));
  context.facts["stop"] = TRY(context.job(api::JobKind::stop_instance, Json(api::StopInstance{context.instance()})));
  return {};
}

Result<> start_old(Context& context) {
  const auto old = TRY(engine_asked_for(context, "from_engine"));
  const auto status = TRY(instance_status(context));
  if (status.state == "running" && status.engine == old) {
    record_engine(context, old);  // whoever started it may have died before it was written down
    return {};
  }
  TRY(context.job(api::JobKind::stop_instance, Json(api::StopInstance{context.instance()})));
  TRY(start_with(context, old));
  context.note(fmt::format("PostgreSQL {} is back in service.", model::to_string(old.version)));
  return {};
}

// ---- restart

Result<> restart(Context& context) {
  const auto target = TRY(engine_asked_for(context, "engine"));
  const auto started = start_with(context, target);
  // A refusal changes nothing, and here the database was stopped already.
  if (!started && started.error().code == Code::refused)
    return base::fail({Code::failed, started.error().message, started.error().remedy_or_default()});
  const auto answer = TRY(started);
  context.facts["start"] = answer;
  if (answer.version == model::to_string(target.version)) return {};
  return base::fail(Code::failed, "the running server says that it is {}, not {}", answer.version,
                    model::to_string(target.version));
}

// ---- reach

Result<> reach(Context& context) {
  const auto target = TRY(engine_asked_for(context, "engine"));
  const auto stopped = TRY(base::convert<api::StopAnswer>(context.operation.facts.at("stop")));
  const auto probe = TRY(probe_as_owner(context, api::Through::socket));
  if (probe.version != model::to_string(target.version))
    return base::fail(Code::failed, "port {} is answered by PostgreSQL {}, not {}", context.database->port,
                      probe.version, model::to_string(target.version));
  if (probe.position < stopped.shutdown_checkpoint)
    return base::fail(Code::corrupt, "the write-ahead log ends at {}, before the old version's last checkpoint at {}",
                      base::to_string(probe.position), base::to_string(stopped.shutdown_checkpoint));
  context.facts["probe"] = probe;
  return {};
}

// ---- certify

// What proves that the new version went on exactly where the old one had ended.
Result<> certify(Context& context) {
  const auto& facts = context.operation.facts;
  const auto stopped = TRY(base::convert<api::StopAnswer>(facts.at("stop")));
  const auto probe = TRY(base::convert<api::ProbeAnswer>(facts.at("probe")));
  context.facts["certificate"] = {{"system_identifier", stopped.system_identifier},
                                  {"timeline", stopped.timeline},
                                  {"fence_lsn", base::to_string(stopped.shutdown_checkpoint)},
                                  {"old_stopped_at", stopped.stopped_at},
                                  {"new_position_lsn", base::to_string(probe.position)},
                                  {"new_reached_at", probe.time},
                                  {"version", probe.version}};
  return {};
}

constexpr Step kSteps[] = {
    {{"check", "Whether the upgrade can go through is checked; nothing is changed.", Impact::none, Millis{400}},
     nullptr,
     check_upgrade,
     nullptr},
    {{"checkpoint", "A CHECKPOINT is taken, so that the stop is short.", Impact::none, Millis{300}},
     nullptr,
     checkpoint,
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
     is_stopped,
     stop,
     start_old},
    {{"restart", "The instance is restarted with the targeted version.", Impact::stall, Millis{300}},
     nullptr,
     restart,
     start_old},
    {{"reach", "Once the instance restarted, the database is reachable again.", Impact::stall, Millis{50}},
     nullptr,
     reach,
     nullptr},
    {{"resume", "The clients' sessions are re-created on the new version and go on.", Impact::stall, Millis{50}, true},
     nullptr,
     go_on,
     nullptr},
    {{"compare", "The re-created sessions are compared with what they were.", Impact::none, Millis{300}},
     nullptr,
     compare,
     nullptr},
    {{"extensions", "Extensions are updated where the targeted version brings a newer one.", Impact::none, Millis{100}},
     nullptr,
     update_extensions,
     nullptr},
    {{"aftercare", "What the release notes ask for afterwards is done, or listed.", Impact::degraded, Millis{50}},
     nullptr,
     aftercare,
     nullptr},
    {{"certify", "The certificate is written.", Impact::none, Millis{5}}, nullptr, certify, nullptr},
};

}  // namespace

const Runbook kMinorSingle{"minor-single", "Minor-upgrade of a single-node database", model::DatabaseState::upgrading,
                           Fate::stays, kSteps};

}  // namespace pgbaton::runbooks
