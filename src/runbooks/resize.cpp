// A change of plan: three ways, chosen by resize_choice. Steps that the change does not ask for do nothing.
#include "runbooks/gate.hpp"
#include "runbooks/instance_steps.hpp"
#include "runbooks/resize_steps.hpp"
#include "runbooks/switchover_steps.hpp"
#include "runbooks/upgrade_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::Json;
using base::Millis;
using base::Result;
using model::Impact;

// ---- the primary, where it is

Result<> checkpoint_primary(Context& context) {
  TRY(context.job(api::JobKind::checkpoint_instance, Json(api::InstanceName{context.instance()})));
  return {};
}

Result<> restart_primary(Context& context) {
  const auto resize = TRY(resize_of(context));
  TRY(check_held(context));
  const auto primary = model::primary_of(*context.database);
  TRY(set_memory(context, primary, resize.to.memory));
  context.facts["stop"] = TRY(context.job(api::JobKind::stop_instance, Json(api::StopInstance{primary.name})));
  const auto started = start_with(context, primary.engine);
  // A refusal changes nothing, and here the database was stopped already.
  if (!started && started.error().code == Code::refused)
    return base::fail({Code::failed, started.error().message, started.error().remedy_or_default()});
  context.facts["start"] = TRY(started);
  return {};
}

// Its files are written before it is stopped: with the old ones nothing was done. Clients may go on by now, and are
// held once more.
Result<> restart_as_before(Context& context) {
  const auto resize = TRY(resize_of(context));
  const auto primary = model::primary_of(*context.database);
  const auto status = TRY(instance_status(context));
  if (status.state == "running" && status.memory == resize.from.memory && resize.from.memory != resize.to.memory)
    return {};
  if (status.state == "running") TRY(hold(context));
  TRY(set_memory(context, primary, resize.from.memory));
  TRY(context.job(api::JobKind::stop_instance, Json(api::StopInstance{primary.name})));
  TRY(start_with(context, primary.engine));
  context.note(fmt::format("{} runs with the memory of {} again.", primary.name, model::to_string(resize.from)));
  return {};
}

Result<> reach_resized(Context& context) {
  const auto stopped = TRY(base::convert<api::StopAnswer>(context.operation.facts.at("stop")));
  const auto probe = TRY(probe_as_owner(context, api::Through::socket));
  if (probe.position >= stopped.shutdown_checkpoint) return {};
  return base::fail(Code::corrupt, "the write-ahead log ends at {}, before the last checkpoint at {}",
                    base::to_string(probe.position), base::to_string(stopped.shutdown_checkpoint));
}

// ---- the old primary, after the switchover

Result<> rejoin_resized(Context& context) {
  const auto resize = TRY(resize_of(context));
  TRY(set_memory(context, old_primary_of(context), resize.to.memory));
  return rejoin_others(context);
}

// ---- rows that the ways share

constexpr Step kCheck{
    {"check", "Whether the plan can be changed is checked; nothing is changed.", Impact::none, Millis{50}},
    nullptr,
    check_resize,
    nullptr};
constexpr Step kPlace{
    {"place", "Hosts and ports are chosen for standbys that the new plan has more of.", Impact::none, Millis{20}},
    nullptr,
    place_more,
    forget_places};
constexpr Step kAnnounce{
    {"announce", "The primary gets a replication slot for each of them and lets them in.", Impact::none, Millis{100}},
    nullptr,
    announce_more,
    nullptr};
constexpr Step kCopy{
    {"copy", "They are made from a base backup of the primary, started, and catch up.", Impact::none, Millis{4000}},
    nullptr,
    copy_more,
    remove_more};
constexpr Step kHold{{"hold", "Clients are held where nothing of theirs is in flight; they stay connected and wait.",
                      Impact::stall, Millis{20}},
                     nullptr,
                     hold,
                     resume};
constexpr Step kCompare{
    {"compare", "The re-created sessions are compared with what they were.", Impact::none, Millis{300}},
    nullptr,
    compare,
    nullptr};
constexpr Step kAdopt{
    {"adopt", "The new plan is the database's.", Impact::none, Millis{5}}, nullptr, adopt_plan, give_plan_up};
constexpr Step kSettle{{"settle", "All nodes know of each other, and commits wait for standbys where that was chosen.",
                        Impact::none, Millis{300}},
                       nullptr,
                       settle_nodes,
                       nullptr};
constexpr Step kRemove{{"remove", "Standbys that the new plan has fewer of are stopped, and their data deleted.",
                        Impact::none, Millis{300}, true},
                       nullptr,
                       remove_surplus,
                       nullptr};
constexpr Step kCertify{
    {"certify", "The certificate is written: what the running nodes say of themselves.", Impact::none, Millis{20}},
    nullptr,
    certify_resize,
    nullptr};

// ---- the ways

constexpr Step kNodesSteps[] = {kCheck, kPlace, kAnnounce, kCopy, kAdopt, kSettle, kRemove, kCertify};

constexpr Step kRollingSteps[] = {
    kCheck,
    kPlace,
    kAnnounce,
    kCopy,
    {{"standbys", "The standbys are restarted with the new memory, one after the other.", Impact::degraded,
      Millis{1500}},
     nullptr,
     resize_standbys,
     standbys_as_before},
    {{"candidate", "A standby is ready: it has caught up.", Impact::none, Millis{50}},
     nullptr,
     choose_candidate,
     nullptr},
    {{"ready", "CHECKPOINTs are taken on both, so that the switchover is short.", Impact::none, Millis{300}},
     nullptr,
     make_ready,
     nullptr},
    {{"prepare", "The sessions of connected clients are opened and loaded on the standby.", Impact::none, Millis{100}},
     nullptr,
     prepare_on_candidate,
     nullptr},
    kHold,
    {{"fence", "The standby has all of the log, and the primary is stopped.", Impact::stall, Millis{60}},
     nullptr,
     fence,
     start_old_primary},
    {{"promote", "The standby is promoted.", Impact::stall, Millis{40}}, nullptr, promote, take_back_promotion},
    {{"move", "The gateway turns to the new primary.", Impact::stall, Millis{10}, true},
     nullptr,
     move_clients,
     nullptr},
    {{"resume", "The clients' sessions go on there.", Impact::stall, Millis{20}, true}, nullptr, go_on, nullptr},
    {{"rejoin", "The old primary becomes a standby, with the new memory.", Impact::degraded, Millis{800}},
     nullptr,
     rejoin_resized,
     nullptr},
    kCompare,
    kAdopt,
    kSettle,
    kRemove,
    kCertify,
};

constexpr Step kRestartSteps[] = {
    kCheck,
    kPlace,
    kAnnounce,
    {{"checkpoint", "A CHECKPOINT is taken, so that the stop is short.", Impact::none, Millis{300}},
     nullptr,
     checkpoint_primary,
     nullptr},
    {{"prepare", "The sessions of connected clients are read, so that they can be carried over.", Impact::none,
      Millis{20}},
     nullptr,
     prepare,
     nullptr},
    kHold,
    {{"restart", "The primary is restarted with the new settings.", Impact::stall, Millis{500}},
     nullptr,
     restart_primary,
     restart_as_before},
    {{"reach", "It is reachable, and its log goes on where it had ended.", Impact::stall, Millis{50}},
     nullptr,
     reach_resized,
     nullptr},
    {{"resume", "The clients' sessions are re-created and go on.", Impact::stall, Millis{50}}, nullptr, go_on, hold},
    kCompare,
    {{"standbys", "The standbys are restarted with the new memory, one after the other.", Impact::degraded,
      Millis{1500}},
     nullptr,
     resize_standbys,
     standbys_as_before},
    kCopy,
    kAdopt,
    kSettle,
    kRemove,
    kCertify,
};

}  // namespace

const Runbook kResizeNodes{"resize-nodes", "Change of plan: standbys come or go", model::DatabaseState::updating,
                           Fate::stays, kNodesSteps};
const Runbook kResizeRolling{"resize-rolling", "Change of plan, one node after the other",
                             model::DatabaseState::updating, Fate::stays, kRollingSteps};
const Runbook kResizeRestart{"resize-restart", "Change of plan with a restart of the primary",
                             model::DatabaseState::updating, Fate::stays, kRestartSteps};

}  // namespace pgbaton::runbooks
