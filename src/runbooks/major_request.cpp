#include "runbooks/major_request.hpp"

#include "runbooks/major_steps.hpp"

namespace pgbaton::runbooks {

using base::Code;
using base::Json;
using base::Result;
using model::Database;
using model::Transfer;

namespace {

// pg_upgrade's time grows with the number of objects: this is for the gateway alone, which opens its gate by itself
// when nobody is heard of any more.
constexpr std::int64_t kLongestMajorHoldMs = 1'800'000;

Result<Transfer> transfer_for(const AgentClient& agent, const std::optional<Transfer>& asked) {
  if (asked && *asked != Transfer::clone) return *asked;
  const bool can_clone = TRY(agent.host())
  .can_clone;
  if (can_clone) return Transfer::clone;
  if (!asked) return Transfer::link;
  return base::fail({Code::refused, "the file system of the data cannot clone files",
                     "XFS and Btrfs can. Use --transfer copy, or --transfer link, which allows no revert."});
}

Result<std::vector<NodeData>> nodes_upgraded(const Agents& agents, const Database& database,
                                             const std::string& target) {
  std::vector<NodeData> nodes;
  for (const auto& node : database.nodes) {
    const auto instance = TRY(agents.of(node).instance(node.name));
    nodes.push_back({node.name, instance.data, target});
  }
  return nodes;
}

}  // namespace

Result<Json> major_request(const Agents& agents, const Database& database, const model::EngineId& engine,
                           const MajorWish& wish) {
  const auto& agent = agents.of(database);
  const auto instance = TRY(agent.instance(model::primary_of(database).name));
  auto hold = wish.hold;
  hold.longest_ms = kLongestMajorHoldMs;
  api::MajorTarget target{.instance = instance.name,
                          .from_engine = database.engine,
                          .from_data = instance.data,
                          .engine = engine,
                          .data = fmt::format("data-{}", engine.version.major),
                          .budget_ms = wish.budget_ms};
  target.transfer = TRY(transfer_for(agent, wish.transfer));
  Json request{{"major", target}, {"hold", hold}, {"digest", wish.digest}};
  if (database.nodes.size() > 1) request["nodes"] = TRY(nodes_upgraded(agents, database, target.data));
  return request;
}

}  // namespace pgbaton::runbooks
