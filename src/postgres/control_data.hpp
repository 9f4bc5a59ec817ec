// What pg_control knows of a cluster, read by the engine's own pg_controldata; the server may run or not.
#pragma once

#include "base/names.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "system/file.hpp"

namespace pgbaton::postgres {

enum class ClusterState {
  starting_up,
  shut_down,
  shut_down_in_recovery,
  shutting_down,
  in_crash_recovery,
  in_archive_recovery,
  in_production,
};
PGBATON_ENUM_NAMES(ClusterState, {ClusterState::starting_up, "starting up"}, {ClusterState::shut_down, "shut down"},
                   {ClusterState::shut_down_in_recovery, "shut down in recovery"},
                   {ClusterState::shutting_down, "shutting down"},
                   {ClusterState::in_crash_recovery, "in crash recovery"},
                   {ClusterState::in_archive_recovery, "in archive recovery"},
                   {ClusterState::in_production, "in production"})

struct ControlData {
  std::string system_identifier;  // 64 bits: as text, since JSON's numbers end at 53
  ClusterState cluster_state = ClusterState::starting_up;
  base::Lsn checkpoint;  // where the latest checkpoint record begins
  base::Lsn redo;        // where a crash recovery would begin
  base::Lsn minimum_recovery_end;
  int timeline = 0;
  int checksum_version = 0;  // 0: off
  base::Bytes wal_segment;
  base::Bytes block_size;
  std::int64_t catalog_version = 0;
  std::int64_t control_version = 0;
  std::string wal_level;
  int max_connections = 0;  // of the server that wrote it; of a standby, its primary's
};
PGBATON_JSON(ControlData, system_identifier, cluster_state, checkpoint, redo, minimum_recovery_end, timeline,
             checksum_version, wal_segment, block_size, catalog_version, control_version, wal_level, max_connections)

/// Pure: the text that pg_controldata prints with LC_ALL=C. A line that is missing is Code::corrupt and named.
[[nodiscard]] base::Result<ControlData> parse_control_data(std::string_view text);

[[nodiscard]] base::Result<ControlData> control_data(const system::Path& bindir, const system::Path& data,
                                                     base::Deadline deadline);

/// Whether the error of control_data() is about the control file: it is not there, or what it says makes no sense. A
/// program that could not be run says nothing of the data.
[[nodiscard]] bool is_about_the_control_file(const base::Error& error, const system::Path& data);

}  // namespace pgbaton::postgres
