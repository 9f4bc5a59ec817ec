#include "runbooks/major_steps.hpp"

namespace pgbaton::runbooks {

using base::Code;
using base::Json;
using base::Result;

Result<api::MajorTarget> major_target(const Context& context) {
  const auto& request = context.operation.request;
  return base::convert<api::MajorTarget>(request.at("major"));
}

Result<api::StartAnswer> start_guarded(Context& context, const model::EngineId& engine, const std::string& data) {
  const api::StartInstance wanted{context.instance(), engine, data, true};
  const auto answer = context.job(api::JobKind::start_instance, Json(wanted));
  // A refusal changes nothing, and here the database was stopped already.
  if (!answer && answer.error().code == Code::refused)
    return base::fail({Code::failed, answer.error().message, answer.error().remedy_or_default()});
  if (!answer) return std::unexpected(answer.error());
  return base::convert<api::StartAnswer>(*answer);
}

Result<> open_and_resume(Context& context) {
  TRY(context.job(api::JobKind::open_instance, Json(api::InstanceName{context.instance()})));
  TRY(resume(context));
  const auto resumed = TRY(base::convert<api::ResumeAnswer>(context.facts["resume"]));
  context.facts["stall"] = model::Stall{.max_ms = resumed.stall_max_ms,
                                        .p99_ms = resumed.stall_p99_ms,
                                        .sessions_moved = resumed.moved,
                                        .sessions_ended = resumed.ended};
  return reach_as_clients(context);
}

Result<std::vector<std::string>> databases_of_instance(const Context& context) {
  const auto answer = TRY(context.agent.query(
      context.instance(), {"postgres", "SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1"}));
  std::vector<std::string> names;
  for (const auto& row : answer.rows) names.push_back(row.at("datname").get<std::string>());
  return names;
}

Result<std::vector<NodeData>> data_of_nodes(const Context& context) {
  return base::convert<std::vector<NodeData>>(context.operation.request.at("nodes"));
}

Result<bool> still_has(const Agents& agents, const model::Database& database, const std::string& node,
                       const std::string& data) {
  const auto found = std::ranges::find(database.nodes, node, &model::Node::name);
  if (found == database.nodes.end()) return false;
  return TRY(agents.of(*found).instance(node))
  .data != data;
}

namespace {

Result<> remove_copy(Context& context, const model::KeptCopy& copy, int major) {
  if (!TRY(still_has(context.agents, *context.database, copy.node, copy.data))) return {};
  const auto node = *std::ranges::find(context.database->nodes, copy.node, &model::Node::name);
  TRY(context.job_on(node, api::JobKind::remove_data, Json(api::RemoveData{copy.node, copy.data, major})));
  return {};
}

}  // namespace

Result<> remove_kept(Context& context, const model::Kept& kept) {
  const int major = kept.engine.version.major;
  const auto& node = kept.node.empty() ? context.instance() : kept.node;
  TRY(remove_copy(context, {node, kept.data}, major));
  for (const auto& copy : kept.standbys) TRY(remove_copy(context, copy, major));
  return {};
}

Result<> make_safety_point(Context& context) {
  if (context.database->backup_key.empty())
    return base::fail({Code::refused, "the database has no backups: what goes wrong later could not be undone",
                       fmt::format("Take the first one: pgbaton backup {} --wait", context.database->name)});
  const auto made = TRY(base::convert<api::SafetyAnswer>(
      TRY(context.job(api::JobKind::safety_point, Json(api::InstanceName{context.instance()})))));
  if (!made.taken_because.empty()) context.note(fmt::format("A backup was taken: {}.", made.taken_because));
  context.facts["safety"] = made;
  return {};
}

Result<> take_checkpoint(Context& context) {
  TRY(context.job(api::JobKind::checkpoint_instance, Json(api::InstanceName{context.instance()})));
  return {};
}

Result<bool> is_stopped_by_us(Context& context) {
  // Stopped by somebody else, or by a crash, is not stopped by us: the facts would be missing.
  if (!context.operation.facts.contains("stop")) return false;
  return TRY(instance_status(context))
  .state == "stopped";
}

Result<> stop_held(Context& context) {
  TRY(check_held(context));
  context.facts["stop"] = TRY(context.job(api::JobKind::stop_instance, Json(api::StopInstance{context.instance()})));
  return {};
}

}  // namespace pgbaton::runbooks
