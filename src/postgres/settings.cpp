#include "postgres/settings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "model/plan.hpp"

namespace pgbaton::postgres {
namespace {

using base::Bytes;
using namespace base;

std::string megabytes(Bytes bytes) { return fmt::format("{}MB", bytes.count >> 20); }

// A quarter of the connections at work, each with two sorts or hashes, fill a quarter of the memory.
Bytes work_mem(Bytes memory) { return std::max(4_MiB, memory / 2 / connections_of(memory)); }

// autovacuum_max_workers (3) each may take as much; VACUUM before 17 cannot use more than 1 GB.
Bytes maintenance_work_mem(Bytes memory) { return std::clamp(memory / 16, 32_MiB, 1_GiB); }

}  // namespace

// Also bounds what a crash recovery has to replay.
Bytes max_wal_size_of(Bytes memory) { return std::clamp(memory, 1_GiB, 8_GiB); }

int connections_of(Bytes memory) { return model::client_connections(memory); }

std::vector<Setting> settings_for_plan(Bytes memory, int major) {
  // What of the platform is connected takes none of the places promised to clients, nor of those reserved.
  const int connections = connections_of(memory) + kPlatformConnections + kReservedConnections;
  std::vector<Setting> settings{
      {"max_connections", std::to_string(connections)},
      {"superuser_reserved_connections", std::to_string(kReservedConnections)},
      {"shared_buffers", megabytes(memory / 4)},
      {"huge_pages", "try"},
      {"effective_cache_size", megabytes(memory * 3 / 4)},
      {"work_mem", megabytes(work_mem(memory))},
      {"maintenance_work_mem", megabytes(maintenance_work_mem(memory))},
      {"max_wal_size", megabytes(max_wal_size_of(memory))},
      {"min_wal_size", megabytes(max_wal_size_of(memory) / 4)},
      // Full-page images are most of the WAL after a checkpoint, and every byte of it is archived and replicated. `on`
      // (pglz) is in every build; lz4 (15+) only where it was compiled in.
      {"wal_compression", "on"},
      // Hosts of databases have solid-state disks, where a random page costs about what a sequential one does; the
      // default of 4.0 makes the planner shun indexes there.
      {"random_page_cost", "1.1"},
      // Change data capture and subscriptions are asked for when a database runs long since, and this needs a restart.
      {"wal_level", "logical"},
      // A standby or a consumer that stays away loses its slot before the log that is kept for it fills the disk.
      {"max_slot_wal_keep_size", megabytes(max_wal_size_of(memory) * 2)},
  };
  // The default since 14; 13 crams the same writes into half of the interval.
  if (major < 14) settings.push_back({"checkpoint_completion_target", "0.9"});
  // A crash recovery begins by making the data directory durable: one call instead of one fsync per file, of which a
  // new database has a thousand. The first kernel that reports errors of syncfs() to its caller is 5.8.
  if (major >= 14) settings.push_back({"recovery_init_sync_method", "syncfs"});
  return settings;
}

}  // namespace pgbaton::postgres
