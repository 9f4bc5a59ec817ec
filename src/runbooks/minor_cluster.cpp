// The minor-upgrade of a database with standbys: standbys first, a switchover, the old primary last.
#include "runbooks/gate.hpp"
#include "runbooks/switchover_steps.hpp"
#include "runbooks/upgrade_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Deadline;
using base::Millis;
using base::Result;
using model::EngineId;
using model::Impact;
using model::Node;

constexpr Millis kCatchUpLimit{std::chrono::minutes{30}};

// One node after the other, and the next only when the last has caught up: never more than one is away.
Result<> restart_standby(Context& context, const Node& standby, const EngineId& engine) {
  TRY(stop_node(context, standby));
  TRY(start_node(context, standby, engine));
  TRY(await_streaming(context, {standby}, Deadline::after(kCatchUpLimit)));
  node_named(context, standby.name).engine = engine;
  return {};
}

Result<> check(Context& context) {
  TRY(check_upgrade(context));
  return all_replicate(context);
}

Result<> stop_first_standby(Context& context) {
  return stop_node(context, model::standbys_of(*context.database).front());
}

Result<> upgrade_standbys(Context& context) {
  const auto target = TRY(engine_asked_for(context, "engine"));
  for (const auto& standby : model::standbys_of(*context.database))
    if (standby.engine != target) TRY(restart_standby(context, standby, target));
  return {};
}

Result<> standbys_back(Context& context) {
  const auto old = TRY(engine_asked_for(context, "from_engine"));
  for (const auto& standby : model::standbys_of(*context.database)) {
    // Not merely started: it may have been promoted on the way here.
    TRY(rejoin(context, standby, old));
    node_named(context, standby.name).engine = old;
  }
  context.note(fmt::format("The standbys run PostgreSQL {} again.", model::to_string(old.version)));
  return {};
}

constexpr Step kSteps[] = {
    {{"check", "Whether the upgrade can go through is checked; nothing is changed.", Impact::none, Millis{500}},
     nullptr,
     check,
     nullptr},
    {{"stop-standby",
      "The standby instance is stopped. The primary instance is still running, so the database is still reachable.",
      Impact::degraded, Millis{200}},
     nullptr,
     stop_first_standby,
     standbys_back},
    {{"restart-standby", "The standby instance is restarted with the targeted version; a second one after it.",
      Impact::degraded, Millis{1000}},
     nullptr,
     upgrade_standbys,
     nullptr},
    {{"candidate", "The standby is ready: it has caught up.", Impact::none, Millis{50}},
     nullptr,
     choose_candidate,
     nullptr},
    {{"ready", "CHECKPOINTs are taken on both, so that the failover is short.", Impact::none, Millis{300}},
     nullptr,
     make_ready,
     nullptr},
    {{"prepare", "The sessions of connected clients are opened and loaded on the standby.", Impact::none, Millis{100}},
     nullptr,
     prepare_on_candidate,
     nullptr},
    {{"hold", "Clients are held where nothing of theirs is in flight; they stay connected and wait.", Impact::stall,
      Millis{20}},
     nullptr,
     hold,
     resume},
    {{"fence", "The standby has all of the log, and the old primary is stopped.", Impact::stall, Millis{60}},
     nullptr,
     fence,
     start_old_primary},
    {{"promote", "A failover is done to make the standby the primary.", Impact::stall, Millis{40}},
     nullptr,
     promote,
     take_back_promotion},
    {{"move", "The gateway turns to the new primary.", Impact::stall, Millis{10}, true},
     nullptr,
     move_clients,
     nullptr},
    {{"resume", "The clients' sessions go on there.", Impact::stall, Millis{20}, true}, nullptr, go_on, nullptr},
    {{"rejoin", "The old primary becomes the standby instance and is restarted with the targeted version.",
      Impact::degraded, Millis{800}},
     nullptr,
     rejoin_others,
     nullptr},
    {{"compare", "The re-created sessions are compared with what they were.", Impact::none, Millis{300}},
     nullptr,
     compare,
     nullptr},
    {{"synchronise", "Once restarted, the cluster is fully upgraded and fully operational again.", Impact::none,
      Millis{200}},
     nullptr,
     synchronise,
     nullptr},
    {{"extensions", "Extensions are updated where the targeted version brings a newer one.", Impact::none, Millis{100}},
     nullptr,
     update_extensions,
     nullptr},
    {{"aftercare", "What the release notes ask for afterwards is done, or listed.", Impact::degraded, Millis{50}},
     nullptr,
     aftercare,
     nullptr},
    {{"certify", "The certificate is written.", Impact::none, Millis{5}}, nullptr, certify_switch, nullptr},
};

}  // namespace

const Runbook kMinorCluster{"minor-cluster", "Minor-upgrade of a database with standbys",
                            model::DatabaseState::upgrading, Fate::stays, kSteps};

}  // namespace pgbaton::runbooks
