// The planner's statistics after a major-upgrade: before 18 pg_upgrade leaves them behind.
#pragma once

#include <stop_token>

#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// ANALYZE of one table (quoted, with its schema), whatever timeouts its database or its owner have.
[[nodiscard]] base::Result<> analyze_table(const Spec& spec, const std::string& database, const std::string& table,
                                           base::Deadline deadline);

/// Everything, by the engine's vacuumdb: in stages before 18, from 18 on what lacks statistics, then all.
[[nodiscard]] base::Result<> analyze_all(const Spec& spec, base::Deadline deadline, const std::stop_token& stop);

/// Makes the running server read its configuration, pg_hba.conf too, and returns when it has: whoever connects then is
/// judged by the new one.
[[nodiscard]] base::Result<> reload_and_wait(const Spec& spec, base::Deadline deadline);

}  // namespace pgbaton::postgres
