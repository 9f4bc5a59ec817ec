// The node that a standby gets its log from, seen from the standby: asked over TLS as the role for replication.
#pragma once

#include "postgres/connection.hpp"
#include "postgres/replication_text.hpp"

namespace pgbaton::postgres {

[[nodiscard]] base::Result<Connection> connect_to_upstream(const Spec& spec, base::Deadline deadline);

/// Where a server stands in the history of its log.
struct LogPosition {
  std::string system_identifier;
  bool in_recovery = false;
  int timeline = 0;
  base::Lsn position;  // flushed; on a standby received and on disk
  base::Lsn replayed;  // a standby only
};
/// Of any server, and with no more rights than statistics.
[[nodiscard]] base::Result<LogPosition> log_position(Connection& connection, base::Deadline deadline);
[[nodiscard]] base::Result<std::vector<TimelineSwitch>> history_of(Connection& upstream, int timeline,
                                                                   base::Deadline deadline);
/// The name of the log file that holds a position; whether the upstream still has it.
[[nodiscard]] std::string segment_file(int timeline, base::Lsn at, base::Bytes segment);
[[nodiscard]] base::Result<bool> has_segment(Connection& upstream, const std::string& file, base::Deadline deadline);

/// Who uses the slot of a node that does not run is a leftover of an earlier attempt.
enum class InUse { leave, end };
/// Makes the slot, or makes it anew when the log that it stood for is gone.
[[nodiscard]] base::Result<> ensure_own_slot(Connection& upstream, const std::string& slot, InUse in_use,
                                             base::Deadline deadline);

/// An immediate checkpoint there: until the first after a promotion the control file names the old timeline, and
/// pg_rewind would believe it.
[[nodiscard]] base::Result<> checkpoint_upstream(Connection& upstream, base::Deadline deadline);

}  // namespace pgbaton::postgres
