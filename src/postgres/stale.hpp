// What a postmaster that was killed leaves behind, and how it is put out of the next one's way.
#pragma once

#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// Call it when the instance has no postmaster. Waits until the children of a killed one are gone, and helps those
/// along that do not notice; then removes lock files whose pid now belongs to a program of somebody else, since
/// PostgreSQL would take that program for a postmaster. timed_out when a child is still there at the deadline.
[[nodiscard]] base::Result<> clear_remains(const Spec& spec, base::Deadline deadline);

/// Waits until no process works in the data directory, on its own account.
[[nodiscard]] bool processes_gone_by(const system::Path& data, base::Deadline deadline);

}  // namespace pgbaton::postgres
