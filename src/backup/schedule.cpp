#include "backup/schedule.hpp"

namespace pgbaton::backup {

namespace {

base::WallTime begun_at(const api::BackupSet& set) {
  return base::parse_rfc3339(set.started_at).value_or(base::WallTime{});
}

}  // namespace

std::optional<api::BackupKind> due_backup(const std::vector<api::BackupSet>& sets, base::WallTime now) {
  std::optional<base::WallTime> newest;
  std::optional<base::WallTime> newest_full;
  for (const auto& set : sets) {
    newest = std::max(newest.value_or(base::WallTime{}), begun_at(set));
    if (set.kind == api::BackupKind::full)
      newest_full = std::max(newest_full.value_or(base::WallTime{}), begun_at(set));
  }
  if (!newest_full || now - *newest_full >= kFullEvery) return api::BackupKind::full;
  if (now - *newest >= kIncrementalEvery) return api::BackupKind::incremental;
  return std::nullopt;
}

}  // namespace pgbaton::backup
