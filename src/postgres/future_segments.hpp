// Log segments that a standby made in advance. Promotion removes them one by one, with an fsync or three for each.
#pragma once

#include "postgres/connection.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// Removes them, but for the next: each only after the standby was asked where it writes now, the farthest first. What
/// it removes holds nothing that was ever received, since a walreceiver writes segment after segment.
[[nodiscard]] base::Result<int> remove_future_segments(const Spec& spec, Connection& standby, base::Deadline deadline);

/// Pure: the names of segments, of any timeline, that lie beyond the segment after the one with `position`; the
/// farthest first.
[[nodiscard]] std::vector<std::string> future_segments(const std::vector<std::string>& files, base::Lsn position,
                                                       base::Bytes segment);

}  // namespace pgbaton::postgres
