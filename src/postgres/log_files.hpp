// The files of one node's log: read with bounds, and kept from filling the disk. PostgreSQL begins a new file each day
// and after 10 MB, and removes none.
#pragma once

#include "postgres/log_text.hpp"
#include "system/file.hpp"

namespace pgbaton::postgres {

/// How much of a log stays on disk.
struct LogLimits {
  std::uintmax_t bytes = std::uintmax_t{100} << 20;
  std::chrono::hours age{24 * 7};
};

/// The newest entries, or what was written after the question's cursor. Reads at most 64 MB and answers with at most
/// 2 MB. Waits up to 0.3 seconds while somebody writes: an entry has several lines, and is told as a whole.
/// Code::invalid_argument for a cursor that no answer had.
[[nodiscard]] base::Result<api::LogAnswer> read_log(const system::Path& folder, const api::LogQuestion& question);

/// Removes the oldest files of the logging collector while there is more than the limits say; never the newest one.
void prune_log(const system::Path& folder, const LogLimits& limits, base::WallTime now);

}  // namespace pgbaton::postgres
