// What runbooks do with the nodes of a database: look at them, tell them of each other, wait for them.
#pragma once

#include "runbooks/runbook.hpp"

namespace pgbaton::runbooks {

/// A node as it is now.
struct Observed {
  model::Node node;
  std::optional<api::ReplicationStatus> status;  // absent: its agent does not answer
};

[[nodiscard]] std::vector<Observed> observe(const Agents& agents, const model::Database& database);
/// Of one node, by its name; the database must have it.
[[nodiscard]] const Observed& of_node(const std::vector<Observed>& all, const std::string& name);

/// The standby that may become the primary with nothing missing soonest: it streams, and has the most of the log.
/// Null when none streams. Pure.
[[nodiscard]] const Observed* best_standby(const std::vector<Observed>& all);
/// The standby that has the most of the log, whether it streams or not: for a primary that is lost. Pure.
[[nodiscard]] const Observed* most_advanced(const std::vector<Observed>& all);
/// How far the standby's disk is behind the primary. Pure.
[[nodiscard]] base::Bytes lag_of(const Observed& primary, const Observed& standby);

/// The node of this name; what a step changes in it is committed with the step's end.
[[nodiscard]] model::Node& node_named(Context& context, const std::string& name);

/// Whether the primary's commits wait for standbys; only ever in force on a primary whose standbys stream.
enum class Synchronous { no, as_chosen, as_it_is };
/// Tells the node of the others. `synchronous` counts on the primary only, and so does `away`: the standbys that
/// consumers of logical slots do not wait for.
[[nodiscard]] base::Result<api::ConfigureReplicationAnswer> configure(const Context& context, const model::Node& node,
                                                                      Synchronous synchronous,
                                                                      const std::vector<std::string>& away = {});
[[nodiscard]] base::Result<api::ReplicationSettings> replication_of(const Context& context, const model::Node& node,
                                                                    Synchronous synchronous);
/// Where a standby of the present primary gets its log from.
[[nodiscard]] base::Result<api::Upstream> upstream_of(const Context& context, const model::Node& standby);
/// Over more than one host.
[[nodiscard]] bool is_spread(const model::Database& database);
/// Installs it on the node's host when that one does not have it.
[[nodiscard]] base::Result<> ensure_engine(const Context& context, const model::Node& node,
                                           const model::EngineId& engine);

[[nodiscard]] base::Result<api::StartAnswer> start_node(const Context& context, const model::Node& node,
                                                        const model::EngineId& engine);
[[nodiscard]] base::Result<> stop_node(const Context& context, const model::Node& node);
/// Makes the node a standby of the present primary, whatever it is now; on another data directory if one is named.
[[nodiscard]] base::Result<api::RejoinAnswer> rejoin(const Context& context, const model::Node& node,
                                                     const model::EngineId& engine, const std::string& data = {});

/// Code::refused when they do not, after a while.
[[nodiscard]] base::Result<> all_replicate(const Context& context);
/// Until every standby of these streams and has all but `kCaughtUp` of the primary's log.
[[nodiscard]] base::Result<> await_streaming(const Context& context, const std::vector<model::Node>& standbys,
                                             base::Deadline deadline);
inline constexpr base::Bytes kCaughtUp = {std::int64_t{1} << 20};

/// Looks again and again until `condition` says yes; timed_out at the deadline, cancelled when the operation stops.
[[nodiscard]] base::Result<> poll_until(const Context& context, base::Deadline deadline, base::Millis pause,
                                        const std::function<base::Result<bool>()>& condition);

/// Where the gateway reaches an instance: by its socket, on another host by TLS.
[[nodiscard]] base::Result<api::ServerAddress> address_for_gateway(const Agents& agents, const model::Node& node,
                                                                   const api::InstanceStatus& instance);
/// Where the gateway reaches the node.
[[nodiscard]] base::Result<api::ServerAddress> server_address(const Context& context, const model::Node& node);

}  // namespace pgbaton::runbooks
