// The major-upgrade of a database with standbys, and the way back: what is done with a single node, and what its
// standbys need. They cannot follow a server of another major: they are stopped with their primary, and made anew from
// the new version when clients have long gone on. Until then no commit waits for one.
#include "runbooks/cluster.hpp"
#include "runbooks/major_steps.hpp"
#include "runbooks/switchover_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::Deadline;
using base::Millis;
using base::Result;
using model::Impact;

const Step& step_of(const Runbook& runbook, std::string_view name) {
  return *std::ranges::find(runbook.steps, name, [](const Step& step) { return step.row.name; });
}

// ---- check

Result<> all_stream(Context& context) {
  constexpr Millis kPatience{std::chrono::seconds{30}};
  const auto now = await_streaming(context, model::standbys_of(*context.database), Deadline::after(kPatience));
  if (now) return {};
  return base::fail({Code::refused, now.error().message, "Wait until pgbaton show says that all nodes replicate."});
}

// What is missing on a host is fetched while everything goes on.
Result<> check_cluster(Context& context) {
  const auto wanted = TRY(major_target(context));
  TRY(all_stream(context));
  for (const auto& node : context.database->nodes) TRY(ensure_engine(context, node, wanted.engine));
  return step_of(kMajorSingle, "check").run(context);
}

// ---- stop

// The new version's first commits would wait for standbys that are not there.
Result<> let_commits_go(Context& context) {
  TRY(check_held(context));
  TRY(configure(context, model::primary_of(*context.database), Synchronous::no));
  return {};
}

// The primary first: a clean stop waits until its standbys have got its last checkpoint.
Result<> stop_cluster(Context& context) {
  TRY(let_commits_go(context));
  TRY(stop_held(context));
  for (const auto& standby : model::standbys_of(*context.database)) TRY(stop_node(context, standby));
  return {};
}

Result<> stop_primary(Context& context) {
  TRY(let_commits_go(context));
  return stop_held(context);
}

// ---- standbys

// On the way back, when clients have gone on with the old version; after a failure that has left the new one in
// service they are its standbys.
Result<> standbys_follow_again(Context& context) {
  for (const auto& standby : model::standbys_of(*context.database)) {
    TRY(rejoin(context, standby, context.database->engine));
    node_named(context, standby.name).engine = context.database->engine;
  }
  TRY(configure(context, model::primary_of(*context.database), Synchronous::as_chosen));
  return {};
}

Result<> make_standbys_anew(Context& context) {
  context.facts["rejoined"] = base::Json::object();
  for (const auto& standby : model::standbys_of(*context.database)) {
    const auto answer = TRY(rejoin(context, standby, context.database->engine));
    node_named(context, standby.name).engine = context.database->engine;
    context.facts["rejoined"][standby.name] = answer;
  }
  return {};
}

// ---- the tables: those of a single node, with these rows in the place of theirs or behind them

constexpr operation::Row kStandbysRow{
    "standbys", "The standbys are made anew from a base backup. No other node has the data until then.",
    Impact::degraded, Millis{6'000}};
constexpr operation::Row kSynchroniseRow{"synchronise", "All standbys have caught up.", Impact::none, Millis{300}};

std::vector<Step> with_standbys(const Runbook& single, const std::vector<Step>& own, std::string_view standbys_after) {
  std::vector<Step> steps;
  for (const auto& step : single.steps) {
    const auto mine = std::ranges::find(own, step.row.name, [](const Step& one) { return one.row.name; });
    steps.push_back(mine == own.end() ? step : *mine);
    if (step.row.name != standbys_after) continue;
    steps.push_back({kStandbysRow, nullptr, make_standbys_anew, nullptr});
    steps.push_back({kSynchroniseRow, nullptr, synchronise, nullptr});
  }
  return steps;
}

Step with(const Step& step, Run run, Run undo) {
  auto changed = step;
  changed.run = run;
  changed.undo = undo;
  return changed;
}

std::vector<Step> major_steps() {
  const auto& checkpoint = step_of(kMajorSingle, "checkpoint");
  auto stop = with(step_of(kMajorSingle, "stop"), stop_cluster, step_of(kMajorSingle, "stop").undo);
  stop.row.text = "All instances are stopped, the primary first. The database is unreachable.";
  return with_standbys(kMajorSingle,
                       {with(step_of(kMajorSingle, "check"), check_cluster, nullptr),
                        with(checkpoint, checkpoint.run, standbys_follow_again), stop},
                       "statistics");
}

std::vector<Step> revert_steps() {
  const auto& checkpoint = step_of(kRevertSingle, "checkpoint");
  const auto& stop = step_of(kRevertSingle, "stop");
  return with_standbys(kRevertSingle,
                       {with(checkpoint, checkpoint.run, standbys_follow_again), with(stop, stop_primary, stop.undo)},
                       "compare");
}

// Copied from tables that are constants, so the order in which these are initialised does not matter.
const std::vector<Step> kMajorClusterSteps = major_steps();
const std::vector<Step> kRevertClusterSteps = revert_steps();

}  // namespace

const Runbook kMajorCluster{"major-cluster", "Major-upgrade of a database with standbys",
                            model::DatabaseState::upgrading, Fate::stays, kMajorClusterSteps};
const Runbook kRevertCluster{"revert-cluster", "Back to the version before the last major-upgrade, with standbys",
                             model::DatabaseState::migrating, Fate::stays, kRevertClusterSteps};

}  // namespace pgbaton::runbooks
