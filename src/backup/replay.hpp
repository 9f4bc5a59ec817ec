// An instance that is made from the repository: its data fetched, its log replayed to a time, promoted, proven.
//
// The data directory is built beside its place and renamed into it. Until it is promoted the server archives nothing;
// from then on it archives into a stanza of its own.
#pragma once

#include "backup/pgbackrest.hpp"
#include "postgres/instance.hpp"

namespace pgbaton::backup {

/// What a replay goes on with until its end: the source's configuration, beside the data directory.
[[nodiscard]] system::Path source_configuration(const postgres::Spec& spec);

struct Fetch {
  system::Path program;  // pgBackRest
  Repository repository;
  api::RestoreSource source;
  system::Path own_log;  // of a source that does not run, with what is not in the repository yet; empty: nowhere
  // Of a source that stands on an older line:
  system::Path cold_base;
  system::Path older_bindir;
};
/// One that is there already stays.
[[nodiscard]] base::Result<> fetch_data(const postgres::Spec& spec, const Fetch& wanted, const Run& run);

/// Starts it, and waits until it takes writes. Where the log ends before the time asked for: when the source says that
/// it may, all of it is replayed, else Code::failed with what PostgreSQL said.
[[nodiscard]] base::Result<api::StopPoint> replay(const postgres::Spec& spec, const api::RestoreSource& source,
                                                  const Run& run, const postgres::OnSpawn& on_spawn);

/// What the replay needed is taken away; run again it does nothing.
[[nodiscard]] base::Result<> finish_replay(const postgres::Spec& spec, base::Deadline deadline);

}  // namespace pgbaton::backup
