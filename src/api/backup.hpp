// Backups as server and agent speak of them: parameters and results of jobs, and what an agent says of a database's.
//
// A line is one history of the log in the repository: one database and one system identifier. A major-upgrade begins a
// new one; a failover and a restore in place go on with theirs on another timeline.
#pragma once

#include "base/names.hpp"
#include "base/secret.hpp"
#include "base/units.hpp"
#include "model/version.hpp"

namespace pgbaton::api {

/// What an instance has to know to keep backups. Kept in the agent's journal with the instance.
struct BackupSettings {
  base::Secret key;  // the repository of the database is encrypted with it
  int retention_days = 7;
  bool operator==(const BackupSettings& other) const {
    return key.reveal() == other.key.reveal() && retention_days == other.retention_days;
  }
};
PGBATON_JSON(BackupSettings, key, retention_days)

enum class BackupKind { full, incremental };
PGBATON_ENUM_NAMES(BackupKind, {BackupKind::full, "full"}, {BackupKind::incremental, "incremental"})

/// One base backup.
struct BackupSet {
  std::string label;
  BackupKind kind = BackupKind::full;
  std::string started_at;  // RFC 3339
  std::string stopped_at;  // whole seconds: restorable from the next one on
  base::Bytes size;        // of the database's files
  base::Bytes stored;      // in the repository, what it added
  base::Lsn start;
  base::Lsn stop;
  bool has_page_errors = false;  // pages whose checksum was wrong when they were read
  std::string reference;         // the full backup that it stands on; empty: itself
};
PGBATON_JSON(BackupSet, label, kind, started_at, stopped_at, size, stored, start, stop, has_page_errors, reference)

struct BackupLine {
  std::string stanza;  // its name in the repository
  std::string system_identifier;
  int major = 0;
  std::vector<BackupSet> sets;  // oldest first
  std::string oldest_segment;   // names of log files
  std::string newest_segment;
  bool has_cold_base = false;  // it can be restored from its first moment on, together with the line before
};
PGBATON_JSON(BackupLine, stanza, system_identifier, major, sets, oldest_segment, newest_segment, has_cold_base)

/// The stream of the log into the spool. What is known of it is at most a second old.
struct TailStatus {
  std::string state = "off";   // "streaming" | "off"
  base::Lsn position;          // restorable up to here
  std::int64_t lag_bytes = 0;  // from there to what the primary has made durable
  std::int64_t lag_ms = 0;     // at most this long ago everything was there
};
PGBATON_JSON(TailStatus, state, position, lag_bytes, lag_ms)

/// How the running primary gets its log into the repository.
struct ArchivingStatus {
  std::string system_identifier;
  int timeline = 0;
  std::string state = "off";          // "on" | "off": not configured, or not since its start | "failing"
  std::string last_archived_at;       // RFC 3339; empty: never since its start
  std::string last_failure;           // what failed after that; empty: nothing
  std::int64_t waiting_segments = 0;  // finished and not in the repository yet
  TailStatus tail;
};
PGBATON_JSON(ArchivingStatus, system_identifier, timeline, state, last_archived_at, last_failure, waiting_segments,
             tail)

/// GET /v1/instances/{name}/backups
struct BackupsAnswer {
  std::vector<BackupLine> lines;  // as last seen while the repository cannot be read
  ArchivingStatus archiving;
  std::string problem;  // why it cannot; empty: it can
};
PGBATON_JSON(BackupsAnswer, lines, archiving, problem)

/// configure-backups: the instance archives with these settings. Answers with {needs_restart}.
struct ConfigureBackups {
  std::string instance;
  BackupSettings backup;
};
PGBATON_JSON(ConfigureBackups, instance, backup)

/// backup-instance: a base backup of the running primary; answers with its BackupSet. Progress by bytes.
struct BackupInstance {
  std::string instance;
  BackupKind kind = BackupKind::incremental;
};
PGBATON_JSON(BackupInstance, instance, kind)

/// secure-log: what is committed until now is in the repository when it ends. Answers with SecureAnswer.
struct SecureAnswer {
  base::Lsn position;
  std::string time;  // of the last commit in it; restorable is every moment before
};
PGBATON_JSON(SecureAnswer, position, time)

/// safety-point: a base backup restores up to now; one is taken where there is none. Code::refused where that fails.
struct SafetyAnswer {
  std::string set;
  SecureAnswer secured;
  std::string taken_because;  // why a backup had to be taken; empty: there was one
};
PGBATON_JSON(SafetyAnswer, set, secured, taken_because)

/// verify-backups: reads everything that the database has in the repository. Answers with VerifyAnswer.
struct VerifyAnswer {
  std::vector<std::string> problems;  // sentences that name what is damaged or missing
  std::int64_t files = 0;
  std::int64_t segments = 0;
};
PGBATON_JSON(VerifyAnswer, problems, files, segments)

/// The line that a major-upgrade ended, at its end: what a line that has a cold base begins with.
struct OlderLine {
  std::string stanza;
  std::string set;
  int timeline = 0;
  base::Lsn at_least;  // its log goes on at least to here
  model::EngineId engine;
};
PGBATON_JSON(OlderLine, stanza, set, timeline, at_least, engine)

/// Where a restore takes its data from, and up to when.
struct RestoreSource {
  std::string stanza;
  base::Secret key;
  std::string set;             // label of the base backup
  std::string time;            // RFC 3339: what was committed until then, and nothing later; empty: all there is
  int timeline = 0;            // to follow; 0: the newest
  std::string database;        // whose it is: also the name of its logical database and of its owner
  std::string instance;        // of the source that wrote the line last; when it does not run, its own log is read too
  bool may_end_early = false;  // the log may hold nothing later than the time: then all of it is replayed
  base::Lsn at_least;          // and must come at least to here
  std::string system_identifier;
  std::optional<OlderLine> older;  // there is no set before the time: the line's cold base stands on this one
};
PGBATON_JSON(RestoreSource, stanza, key, set, time, timeline, database, instance, may_end_early, at_least,
             system_identifier, older)

/// Where a replay ended, as PostgreSQL says it.
struct StopPoint {
  base::Lsn position;
  std::string last_commit;  // RFC 3339: of the last transaction that is there
  std::string stopped;      // PostgreSQL's sentence: before or after which transaction; empty: at the end of the log
  int timeline = 0;         // the new one, its own
  bool operator==(const StopPoint&) const = default;
};
PGBATON_JSON(StopPoint, position, last_commit, stopped, timeline)

/// What a restored instance was proven by.
struct RestoreAnswer {
  StopPoint stop;
  std::string set;
  std::string system_identifier;
  std::int64_t fetch_ms = 0;
  std::int64_t replay_ms = 0;
};
PGBATON_JSON(RestoreAnswer, stop, set, system_identifier, fetch_ms, replay_ms)

/// remove-backups: everything that a database has in the repository.
struct RemoveBackups {
  std::string database;
};
PGBATON_JSON(RemoveBackups, database)

}  // namespace pgbaton::api
