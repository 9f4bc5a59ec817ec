// Back to the version before the last major-upgrade of a database with standbys: a standby's data directory that was
// stopped at the old version's last checkpoint becomes the primary's. It is whole in every transfer mode.
#include "runbooks/cluster.hpp"
#include "runbooks/epochs.hpp"
#include "runbooks/major_steps.hpp"
#include "runbooks/switchover_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::Json;
using base::Millis;
using base::Result;
using model::Impact;
using model::Node;

// The node whose kept data directory the database goes back to.
Result<Node> heir_of(Context& context) {
  const auto wanted = TRY(major_target(context));
  return node_named(context, wanted.instance);
}

// ---- stop

Result<> stop_all(Context& context) {
  TRY(stop_held(context));
  for (const auto& standby : model::standbys_of(*context.database)) TRY(stop_node(context, standby));
  return {};
}

Result<> start_as_before(const Context& context, const Node& node, const std::string& data) {
  const auto wanted = TRY(major_target(context));
  const auto now = TRY(context.agents.of(node).instance(node.name));
  if (now.state == "running" && now.data == data) return {};
  TRY(context.job_on(node, api::JobKind::start_instance,
                     Json(api::StartInstance{node.name, wanted.from_engine, data, false})));
  return {};
}

// What was kept must not run any more; promoted it stays what a later revert goes back to: no client has
// written to it.
Result<> start_left(Context& context) {
  const auto wanted = TRY(major_target(context));
  const auto heir = TRY(heir_of(context));
  const auto all = TRY(data_of_nodes(context));
  for (const auto& one : all)
    if (one.node == heir.name && TRY(still_has(context.agents, *context.database, one.node, one.from)))
      TRY(stop_node(context, heir));
  for (const auto& one : all)
    if (one.node == context.instance()) TRY(start_as_before(context, node_named(context, one.node), one.from));
  context.note(fmt::format("PostgreSQL {} is back in service.", model::to_string(wanted.from_engine.version)));
  for (const auto& one : all) {
    if (one.node == context.instance()) continue;
    const auto started = start_as_before(context, node_named(context, one.node), one.from);
    if (!started) context.note(fmt::format("{} does not run yet: {}", one.node, started.error().message));
  }
  return {};
}

// ---- start, promote, reach

Result<> start_copy(Context& context) {
  const auto wanted = TRY(major_target(context));
  const auto heir = TRY(heir_of(context));
  TRY(ensure_engine(context, heir, wanted.engine));
  context.leases.allow(heir.name);
  const auto answer = context.job_on(heir, api::JobKind::start_instance,
                                     Json(api::StartInstance{heir.name, wanted.engine, wanted.data, true}));
  // A refusal changes nothing, and here the database was stopped already.
  if (!answer && answer.error().code == Code::refused)
    return base::fail({Code::failed, answer.error().message, answer.error().remedy_or_default()});
  context.facts["start"] = TRY(answer);
  return {};
}

Result<> promote_copy(Context& context) {
  const auto heir = TRY(heir_of(context));
  const auto& kept = context.database->kept;
  if (!kept) return base::fail(Code::failed, "nothing is kept of {}", context.database->name);
  context.facts["promote"] = TRY(
      context.job_on(heir, api::JobKind::promote_instance, Json(api::PromoteInstance{heir.name, kept->checkpoint})));
  return {};
}

Result<> reach_copy(Context& context) {
  const auto wanted = TRY(major_target(context));
  const auto heir = TRY(heir_of(context));
  const auto& database = *context.database;
  const auto probe = TRY(context.agents.of(heir).probe(
      heir.name, {database.name, database.owner, database.password, api::Through::socket, database.port}));
  if (probe.version != model::to_string(wanted.engine.version))
    return base::fail(Code::failed, "{} is PostgreSQL {}, not {}", heir.name, probe.version,
                      model::to_string(wanted.engine.version));
  context.facts["probe"] = probe;
  context.facts["candidate"] = heir.name;
  context.facts["old_primary"] = context.instance();
  context.facts["candidate_address"] = TRY(server_address(context, heir));
  return {};
}

// ---- move

Result<> move_to_copy(Context& context) {
  const auto wanted = TRY(major_target(context));
  node_named(context, wanted.instance).engine = wanted.engine;
  return move_clients(context);
}

// Promoted, its timeline is the one behind that which its history was left on.
Result<> go_on_with_copy(Context& context) {
  const auto stopped = TRY(base::convert<api::StopAnswer>(context.operation.facts.at("stop")));
  const auto promoted = TRY(base::convert<api::PromoteAnswer>(context.operation.facts.at("promote")));
  TRY(open_and_resume(context));
  auto cluster = TRY(cluster_of(context));
  cluster["timeline"] = std::to_string(promoted.timeline - 1);
  go_back_to_epoch(*context.database, stopped, cluster);
  return {};
}

// ---- rejoin

// The files of the primary of then are the new version's too, which has written to them.
Result<> remove_linked(Context& context, const Node& node) {
  const auto& kept = context.database->kept;
  if (!kept || kept->node != node.name || kept->transfer != model::Transfer::link) return {};
  if (!TRY(still_has(context.agents, *context.database, node.name, kept->data))) return {};
  TRY(context.job_on(node, api::JobKind::remove_data,
                     Json(api::RemoveData{node.name, kept->data, kept->engine.version.major})));
  return {};
}

Result<> follow_copy(Context& context) {
  const auto wanted = TRY(major_target(context));
  context.facts["rejoined"] = Json::object();
  for (const auto& one : TRY(data_of_nodes(context))) {
    const auto node = node_named(context, one.node);
    if (node.role == model::Role::primary) continue;
    TRY(remove_linked(context, node));
    context.facts["rejoined"][one.node] = TRY(rejoin(context, node, wanted.engine, one.to));
    node_named(context, one.node).engine = wanted.engine;
  }
  return {};
}

// ---- remove

Result<> remove_newer(Context& context) {
  const auto wanted = TRY(major_target(context));
  for (const auto& one : TRY(data_of_nodes(context))) {
    if (!TRY(still_has(context.agents, *context.database, one.node, one.from))) continue;
    TRY(context.job_on(node_named(context, one.node), api::JobKind::remove_data,
                       Json(api::RemoveData{one.node, one.from, wanted.from_engine.version.major})));
  }
  context.database->kept.reset();
  return {};
}

constexpr Step kRevertClusterSteps[] = {
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
    {{"stop", "The entire cluster is stopped. The database is unreachable.", Impact::stall, Millis{400}},
     nullptr,
     stop_all,
     start_left},
    {{"start", "The kept version is started on the data that a standby has kept, for pgbaton only.", Impact::stall,
      Millis{300}},
     nullptr,
     start_copy,
     nullptr},
    {{"promote", "It becomes the primary, on a timeline of its own.", Impact::stall, Millis{100}},
     nullptr,
     promote_copy,
     nullptr},
    {{"reach", "The kept version answers.", Impact::stall, Millis{50}}, nullptr, reach_copy, nullptr},
    {{"move", "The gateway turns to it.", Impact::stall, Millis{10}, true}, nullptr, move_to_copy, nullptr},
    {{"resume", "The database is opened with its data as of the upgrade; the clients' sessions go on.", Impact::stall,
      Millis{100}},
     nullptr,
     go_on_with_copy,
     nullptr},
    {{"compare", "The re-created sessions are compared with what they were.", Impact::none, Millis{300}},
     nullptr,
     compare,
     nullptr},
    {{"rejoin", "The other nodes become its standbys: with the data that they have kept, or made anew.",
      Impact::degraded, Millis{2'000}},
     nullptr,
     follow_copy,
     nullptr},
    {{"synchronise", "All standbys have caught up; the cluster is fully operational again.", Impact::degraded,
      Millis{300}},
     nullptr,
     synchronise,
     nullptr},
    {{"remove", "The newer version's data, with what was written since, are deleted on every node.", Impact::none,
      Millis{300}},
     nullptr,
     remove_newer,
     nullptr},
};

}  // namespace

const Runbook kRevertCluster{"revert-cluster", "Back to the version before the last major-upgrade, from a kept standby",
                             model::DatabaseState::migrating, Fate::stays, kRevertClusterSteps};

}  // namespace pgbaton::runbooks
