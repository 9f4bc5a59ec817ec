// What several runbooks do with the one instance of a single-node database.
#pragma once

#include "runbooks/runbook.hpp"

namespace pgbaton::runbooks {

/// Starts the instance with this engine and records it as the database's. Waits until it accepts connections.
[[nodiscard]] base::Result<api::StartAnswer> start_with(Context& context, const model::EngineId& engine);
/// The database runs this engine: for a step that finds it started already.
void record_engine(Context& context, const model::EngineId& engine);
[[nodiscard]] base::Result<api::ProbeAnswer> probe_as_owner(const Context& context, api::Through through);
/// As clients come, through the gateway.
[[nodiscard]] base::Result<> reach_as_clients(const Context& context);
[[nodiscard]] base::Result<api::InstanceStatus> instance_status(const Context& context);

}  // namespace pgbaton::runbooks
