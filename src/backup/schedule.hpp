// Which base backup is due by itself. Pure.
#pragma once

#include <optional>

#include "api/backup.hpp"
#include "base/time.hpp"

namespace pgbaton::backup {

inline constexpr std::chrono::days kFullEvery{7};
inline constexpr std::chrono::days kIncrementalEvery{1};

/// Of a line that is written: its first is due at once, a full one each week, an incremental one each day.
[[nodiscard]] std::optional<api::BackupKind> due_backup(const std::vector<api::BackupSet>& sets, base::WallTime now);

}  // namespace pgbaton::backup
