// Where the nodes of a database live: hosts and ports; how they are made and removed.
#pragma once

#include "runbooks/cluster.hpp"

namespace pgbaton::runbooks {

/// Chooses the gateway's port, and a host and a port for each node that the plan wants and that is not there yet. Run
/// again it keeps what was chosen.
[[nodiscard]] base::Result<> place_nodes(Context& context);
/// The same for a number of standbys.
[[nodiscard]] base::Result<> place_with_standbys(Context& context, int standbys);

/// A port of a host that nothing listens on.
[[nodiscard]] base::Result<int> free_node_port(const Context& context, const std::string& host);

/// Hosts in the order in which a new node of this database should go there: without a node of it first, then by how
/// many nodes they have; the gateway's own host before others. Pure.
[[nodiscard]] std::vector<std::string> hosts_by_preference(const std::map<std::string, int>& nodes_by_host,
                                                           const std::vector<model::Node>& present);

/// What its instances are told; absent for a database from before it kept backups.
[[nodiscard]] std::optional<api::BackupSettings> backup_settings(const model::Database& database);
[[nodiscard]] api::CreateInstance instance_for(const model::Database& database, const model::Node& node);

/// The primary's data directory.
[[nodiscard]] base::Result<> create_primary(Context& context);
/// A base backup of the primary, started as its standby.
[[nodiscard]] base::Result<> add_standby(Context& context, const model::Node& standby, base::Bytes memory);
/// Of all nodes: their processes and data, and all backups.
[[nodiscard]] base::Result<> remove_nodes(Context& context);

}  // namespace pgbaton::runbooks
