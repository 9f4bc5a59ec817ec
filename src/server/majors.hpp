// What the server decides about major-upgrades before their runbooks begin. Inside of the module.
#pragma once

#include "server/databases.hpp"

namespace pgbaton::server {

/// What a major-upgrade's operation is asked for besides what every upgrade's is: its data directories, how the files
/// get from one to the other, and how long the clients may be held. Code::refused when the host cannot do what was
/// asked for.
[[nodiscard]] base::Result<base::Json> major_request(const runbooks::Agents& agents, const model::Database& database,
                                                     const model::EngineId& engine,
                                                     const Databases::UpgradeRequest& asked);

/// Until when a revert is possible; null when it is not.
[[nodiscard]] base::Json revert_until(const model::Database& database);
/// The old version that is kept, and whether and why not it can be gone back to; null when none is.
[[nodiscard]] base::Json kept_view(const model::Database& database);

/// How the files will be transferred, and what that means for the way back, as sentences.
[[nodiscard]] std::string sentence_about(model::Transfer transfer, bool has_standbys);

}  // namespace pgbaton::server
