// What becomes of logical replication slots when a standby takes over. Pure.
#pragma once

#include "api/agent.hpp"

namespace pgbaton::runbooks {

/// Slots that no standby can have: made without failover, or before PostgreSQL 17.
[[nodiscard]] std::vector<std::string> slots_that_stay(const api::ReplicationStatus& primary);
/// Slots that are to be carried, and that the standby does not have, not yet, or no longer in a state to go on from.
[[nodiscard]] std::vector<std::string> slots_that_lack(const api::ReplicationStatus& primary,
                                                       const api::ReplicationStatus& standby);
/// Slots that consumers can go on with when this standby is the primary.
[[nodiscard]] std::vector<std::string> carried_slots(const api::ReplicationStatus& standby);
/// All of the logical ones.
[[nodiscard]] std::vector<std::string> logical_slots(const api::ReplicationStatus& node);

}  // namespace pgbaton::runbooks
