// What the runbooks that change a database's major have in common. Inside of the module.
#pragma once

#include "api/major.hpp"
#include "runbooks/gate.hpp"
#include "runbooks/instance_steps.hpp"

namespace pgbaton::runbooks {

/// What the operation was asked for: from which data directory to which.
[[nodiscard]] base::Result<api::MajorTarget> major_target(const Context& context);
/// The instance is put on these data with this engine and started for the platform only.
[[nodiscard]] base::Result<api::StartAnswer> start_guarded(Context& context, const model::EngineId& engine,
                                                           const std::string& data);
/// Clients are let in, and the sessions that were held go on; facts["stall"]. The caller's step is the point of no
/// return.
[[nodiscard]] base::Result<> open_and_resume(Context& context);
/// The logical databases that can be connected to.
[[nodiscard]] base::Result<std::vector<std::string>> databases_of_instance(const Context& context);
/// {whole, tables, rows, sequences, equal, different: [sentence]} of two answers of the job digest-instance.
[[nodiscard]] base::Json compare_digests(const base::Json& before, const base::Json& after);
/// What the operation does with the data directories of each node. operation.request["nodes"], of databases with
/// standbys.
struct NodeData {
  std::string node;
  std::string from;  // that counts when the operation begins
  std::string to;    // that counts when it has ended
};
PGBATON_JSON(NodeData, node, from, to)
[[nodiscard]] base::Result<std::vector<NodeData>> data_of_nodes(const Context& context);

/// Whether this node still has what was kept of it: it is there, and does not run on it.
[[nodiscard]] base::Result<bool> still_has(const Agents& agents, const model::Database& database,
                                           const std::string& node, const std::string& data);
/// Deletes what of an old version is kept, on every node.
[[nodiscard]] base::Result<> remove_kept(Context& context, const model::Kept& kept);

// The steps of a major-upgrade at the primary, in their order.
[[nodiscard]] base::Result<> check_major(Context& context);
[[nodiscard]] base::Result<> prepare_target(Context& context);
[[nodiscard]] base::Result<> discard_target(Context& context);
/// facts["safety"]: a backup restores up to now.
[[nodiscard]] base::Result<> make_safety_point(Context& context);
[[nodiscard]] base::Result<> digest_old(Context& context);
[[nodiscard]] base::Result<> start_old_major(Context& context);
[[nodiscard]] base::Result<> convert(Context& context);
[[nodiscard]] base::Result<> take_back(Context& context);
[[nodiscard]] base::Result<> start_new(Context& context);
[[nodiscard]] base::Result<> reach_new(Context& context);
[[nodiscard]] base::Result<> update_extensions_of_major(Context& context);
[[nodiscard]] base::Result<> rebuild(Context& context);
[[nodiscard]] base::Result<> digest_new(Context& context);
[[nodiscard]] base::Result<> go_on_with_new(Context& context);
[[nodiscard]] base::Result<> analyze(Context& context);
[[nodiscard]] base::Result<> aftercare_of_major(Context& context);
[[nodiscard]] base::Result<> remove_superseded(Context& context);
[[nodiscard]] base::Result<> certify_major(Context& context);
/// What went wrong after an extension's script had written to tables that both versions share: see take_back.
[[nodiscard]] base::Result<bool> is_on_new_for_good(const Context& context, const api::MajorTarget& wanted);

[[nodiscard]] base::Result<> take_checkpoint(Context& context);
[[nodiscard]] base::Result<> stop_held(Context& context);
[[nodiscard]] base::Result<bool> is_stopped_by_us(Context& context);

}  // namespace pgbaton::runbooks
