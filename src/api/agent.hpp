// What the server says to an agent: jobs, each small, idempotent and named by an id, and questions.
//
//   POST /v1/jobs?wait_ms=N            JobRequest → 202 Job; the same id again answers with the job there is
//   GET  /v1/jobs/{id}?wait_ms=N       Job, at once when it has ended, else after its next change or N ms
//   GET  /v1/instances[/{name}]        InstanceStatus
//   POST /v1/instances/{name}/query    Query → QueryAnswer (read-only transaction)
//   POST /v1/instances/{name}/probe    Probe → ProbeAnswer: connects as a client does
//   GET  /v1/instances/{name}/replication   ReplicationStatus
//   GET  /v1/instances/{name}/backups       BackupsAnswer
//   POST /v1/instances/{name}/log           LogQuestion → LogAnswer: api/log.hpp
//   GET  /v1/host                      HostStatus
//   POST /v1/lease                     Lease → LeaseAnswer: which instances may go on as primaries
#pragma once

#include "api/backup.hpp"
#include "api/lease.hpp"
#include "api/replication.hpp"
#include "base/names.hpp"
#include "model/database.hpp"
#include "model/engine.hpp"

namespace pgbaton::api {

enum class JobKind {
  sync_engines,
  install_engine,
  qualify_engine,
  create_instance,
  start_instance,
  stop_instance,
  checkpoint_instance,
  provision_instance,
  update_extensions,
  run_statements,
  destroy_instance,
  configure_replication,
  create_standby,
  ready_instance,
  detach_instance,
  promote_instance,
  fence_instance,
  rejoin_instance,
  resize_instance,
  prepare_target,
  convert_instance,
  take_back_instance,
  remove_data,
  open_instance,
  analyze_instance,
  rehearse_schema,
  digest_instance,
  configure_backups,
  backup_instance,
  secure_log,
  restore_instance,
  verify_backups,
  remove_backups,
  restore_beside,
  discard_restore,
  safety_point,
};
PGBATON_ENUM_NAMES(JobKind, {JobKind::sync_engines, "sync-engines"}, {JobKind::install_engine, "install-engine"},
                   {JobKind::qualify_engine, "qualify-engine"}, {JobKind::create_instance, "create-instance"},
                   {JobKind::start_instance, "start-instance"}, {JobKind::stop_instance, "stop-instance"},
                   {JobKind::checkpoint_instance, "checkpoint-instance"},
                   {JobKind::provision_instance, "provision-instance"},
                   {JobKind::update_extensions, "update-extensions"}, {JobKind::run_statements, "run-statements"},
                   {JobKind::destroy_instance, "destroy-instance"},
                   {JobKind::configure_replication, "configure-replication"},
                   {JobKind::create_standby, "create-standby"}, {JobKind::ready_instance, "ready-instance"},
                   {JobKind::detach_instance, "detach-instance"}, {JobKind::promote_instance, "promote-instance"},
                   {JobKind::fence_instance, "fence-instance"}, {JobKind::rejoin_instance, "rejoin-instance"},
                   {JobKind::resize_instance, "resize-instance"}, {JobKind::prepare_target, "prepare-target"},
                   {JobKind::convert_instance, "convert-instance"}, {JobKind::take_back_instance, "take-back-instance"},
                   {JobKind::remove_data, "remove-data"}, {JobKind::open_instance, "open-instance"},
                   {JobKind::analyze_instance, "analyze-instance"}, {JobKind::rehearse_schema, "rehearse-schema"},
                   {JobKind::digest_instance, "digest-instance"}, {JobKind::configure_backups, "configure-backups"},
                   {JobKind::backup_instance, "backup-instance"}, {JobKind::secure_log, "secure-log"},
                   {JobKind::restore_instance, "restore-instance"}, {JobKind::verify_backups, "verify-backups"},
                   {JobKind::remove_backups, "remove-backups"}, {JobKind::restore_beside, "restore-beside"},
                   {JobKind::discard_restore, "discard-restore"}, {JobKind::safety_point, "safety-point"})

struct JobRequest {
  std::string id;
  JobKind kind = JobKind::sync_engines;
  std::string database;         // what the generation is about; empty: a job about the host
  base::Generation generation;  // refused when the agent has seen a newer one for this database
  base::Json parameters;
};
PGBATON_JSON(JobRequest, id, kind, database, generation, parameters)

// interrupted: the agent died while it ran; look at the world and ask again under another id
enum class JobState { running, finished, failed, interrupted };
PGBATON_ENUM_NAMES(JobState, {JobState::running, "running"}, {JobState::finished, "finished"},
                   {JobState::failed, "failed"}, {JobState::interrupted, "interrupted"})

struct Progress {
  std::string phase;
  double fraction = 0;  // 0 … 1
};
PGBATON_JSON(Progress, phase, fraction)

struct Job {
  std::string id;
  JobKind kind = JobKind::sync_engines;
  JobState state = JobState::running;
  Progress progress;
  base::Json result;
  base::Json problem;  // when failed
  std::string started_at;
  std::string ended_at;
};
PGBATON_JSON(Job, id, kind, state, progress, result, problem, started_at, ended_at)

// ---- parameters and results of the jobs

struct SyncAnswer {
  std::vector<model::FoundEngine> found;
  std::vector<model::EngineManifest> installed;
  std::vector<std::string> warnings;
};
PGBATON_JSON(SyncAnswer, found, installed, warnings)

struct InstallEngine {
  model::FoundEngine engine;
};
PGBATON_JSON(InstallEngine, engine)

struct QualifyEngine {
  model::EngineId engine;
  std::optional<model::EngineId> previous;  // the minor to come from and to go back to; none: nothing older is there
  std::string level = "short";
};
PGBATON_JSON(QualifyEngine, engine, previous, level)

struct CreateInstance {
  std::string instance;
  model::EngineId engine;
  base::Bytes memory;
  model::Locale locale;
  int port = 0;
  std::optional<BackupSettings> backup;  // absent: it archives nothing
};
PGBATON_JSON(CreateInstance, instance, engine, memory, locale, port, backup)

struct StartInstance {
  std::string instance;
  model::EngineId engine;
  std::string data;      // the data directory to run on from now on; empty: the one it has
  bool guarded = false;  // let only the platform in, and let nothing touch the tables
};
PGBATON_JSON(StartInstance, instance, engine, data, guarded)

struct StartAnswer {
  std::string version;  // what the running server says
  std::int64_t duration_ms = 0;
};
PGBATON_JSON(StartAnswer, version, duration_ms)

struct StopInstance {
  std::string instance;
};
PGBATON_JSON(StopInstance, instance)

struct StopAnswer {
  int sessions = 0;  // client sessions that were connected when the stop was asked for
  std::int64_t duration_ms = 0;
  std::string stopped_at;  // when the stop was asked for
  base::Lsn shutdown_checkpoint;
  std::string system_identifier;
  int timeline = 0;
};
PGBATON_JSON(StopAnswer, sessions, duration_ms, stopped_at, shutdown_checkpoint, system_identifier, timeline)

struct InstanceName {
  std::string instance;
};
PGBATON_JSON(InstanceName, instance)

struct ProvisionInstance {
  std::string instance;
  std::string database;
  std::string owner;
  base::Secret password;
};
PGBATON_JSON(ProvisionInstance, instance, database, owner, password)

struct ExtensionUpdate {
  std::string database;
  std::string extension;
  std::string from;
  std::string to;
  std::string error;  // empty: done
};
PGBATON_JSON(ExtensionUpdate, database, extension, from, to, error)

struct Statement {
  std::string database;
  std::string sql;
  std::string about;
  std::string error;  // in the answer; empty: done
};
PGBATON_JSON(Statement, database, sql, about, error)

struct RunStatements {
  std::string instance;
  std::vector<Statement> statements;
};
PGBATON_JSON(RunStatements, instance, statements)

// ---- replication between the nodes of one database

/// What an instance has to know of the others. Kept in the agent's journal with the instance and written into its files
/// at each configuration, so that a start by the keeper has it too.
struct ReplicationSettings {
  std::string listen_address;      // of this host, for the other nodes; empty: the Unix socket only
  std::vector<std::string> peers;  // addresses that may replicate, by TLS and SCRAM
  base::Secret password;           // of the role pgbaton_replication
  std::vector<std::string> slots;  // physical ones that this instance keeps: one for each of its standbys, by its name
  std::string synchronous;         // synchronous_standby_names; empty: asynchronous
  std::int64_t restart_after_ms = 0;  // of one with slots that has died: how long the keeper waits for a fence
  std::vector<std::string> gateways;  // addresses of gateways on other hosts; they come by TLS with a certificate
  bool leased = false;                // as a primary it may run only while it has a lease
  std::vector<std::string> away;      // of the slots, those whose standbys consumers of logical slots do not wait for
};
PGBATON_JSON(ReplicationSettings, listen_address, peers, password, slots, synchronous, restart_after_ms, gateways,
             leased, away)

/// Makes them so: files, reload, the role, slots made and dropped. On a standby the slots and the role wait until it
/// is promoted. Only a changed listen_address needs a restart.
struct ConfigureReplication {
  std::string instance;
  ReplicationSettings replication;
  bool keeps_synchronous = false;  // whom commits wait for stays as it is, whatever the settings say
};
PGBATON_JSON(ConfigureReplication, instance, replication, keeps_synchronous)

struct ConfigureReplicationAnswer {
  bool needs_restart = false;
};
PGBATON_JSON(ConfigureReplicationAnswer, needs_restart)

/// Where a standby gets its log from.
struct Upstream {
  std::string address;
  int port = 0;
  base::Secret password;
  std::string slot;  // also the standby's application_name
};
PGBATON_JSON(Upstream, address, port, password, slot)

/// pg_basebackup from the upstream, built beside its place and renamed into it; one that is there already stays. It is
/// not started. Progress by bytes.
struct CreateStandby {
  CreateInstance instance;
  Upstream upstream;
  ReplicationSettings replication;
};
PGBATON_JSON(CreateStandby, instance, upstream, replication)

/// What takes long and can be done before clients wait: a CHECKPOINT (on a standby a restartpoint); on a standby,
/// future log segments are removed and restore_command is cleared, so that its promotion is short. The instance is
/// named.
struct ReadyAnswer {
  std::int64_t checkpoint_ms = 0;
  int segments_removed = 0;
};
PGBATON_JSON(ReadyAnswer, checkpoint_ms, segments_removed)

/// Cuts a standby off its upstream until it is promoted or rejoined: from then on the upstream cannot count on it. The
/// instance is named. Answered when nothing is received any more.

/// pg_promote(false), then looked at until it takes writes; its own replication settings come into force. One that is a
/// primary already is fine. Code::refused when it has not replayed up to `at_least`.
struct PromoteInstance {
  std::string instance;
  base::Lsn at_least;
};
PGBATON_JSON(PromoteInstance, instance, at_least)

struct PromoteAnswer {
  base::Lsn position;  // its first, on the new timeline
  int timeline = 0;
  std::int64_t duration_ms = 0;
};
PGBATON_JSON(PromoteAnswer, position, timeline, duration_ms)

/// Immediate stop (SIGQUIT) of an instance that must write no more; it stays stopped. With a `heir` only when that
/// standby has all of its log on disk, which is waited for: Code::refused when it does not get it, or when somebody is
/// connected past the gateway; Code::failed when the instance does not run and had not been fenced for an heir before.
struct FenceInstance {
  std::string instance;
  std::string heir;
};
PGBATON_JSON(FenceInstance, instance, heir)

/// Where its log ended, as its heir has it.
struct LogEnd {
  base::Lsn position;
  std::string system_identifier;
  int timeline = 0;
};
PGBATON_JSON(LogEnd, position, system_identifier, timeline)

struct FenceAnswer {
  std::optional<LogEnd> end;   // with an heir only
  std::int64_t waited_ms = 0;  // for the heir
  std::int64_t duration_ms = 0;
};
PGBATON_JSON(FenceAnswer, end, waited_ms, duration_ms)

/// Makes a stopped instance, or another's standby, the upstream's and starts it: as it is, rewound, or built anew.
struct RejoinInstance {
  std::string instance;
  model::EngineId engine;
  Upstream upstream;
  ReplicationSettings replication;
  std::string data;  // to be on from now on, what it leaves stays; empty: the one it has
};
PGBATON_JSON(RejoinInstance, instance, engine, upstream, replication, data)

/// What an instance had in its log beyond the place at which its upstream's line had left it: nobody else has it.
struct LogTail {
  base::Lsn from;
  base::Lsn to;              // of its last record
  std::int64_t commits = 0;  // transactions that ended there
  bool is_whole = true;      // false: there is more, only so much was read
  bool operator==(const LogTail&) const = default;
};
PGBATON_JSON(LogTail, from, to, commits, is_whole)

struct RejoinAnswer {
  std::string method;  // "followed" | "rewound" | "rebuilt"
  std::string reason;  // why not the cheaper one
  std::int64_t duration_ms = 0;
  std::optional<LogTail> tail;  // what of it was given up, when that could be read
};
PGBATON_JSON(RejoinAnswer, method, reason, duration_ms, tail)

/// The memory of its plan from its next start on: its files say so now. A standby keeps as many connections as its
/// primary had when it last replayed a change of them.
struct ResizeInstance {
  std::string instance;
  base::Bytes memory;
};
PGBATON_JSON(ResizeInstance, instance, memory)

// ---- majors: api/major.hpp

// ---- leases: api/lease.hpp

// ---- backups: api/backup.hpp, api/restore.hpp

// ---- questions

// ---- how replication stands: api/replication.hpp

struct InstanceStatus {
  std::string name;
  std::string database;
  model::EngineId engine;  // what it is meant to run
  std::string desired;     // "running" | "stopped"
  std::string state;       // "running" | "starting" | "stopping" | "stopped"
  std::string version;     // of the running server; empty when it is not
  std::string limits;      // "enforced", or why not
  int port = 0;
  int pid = 0;
  base::Bytes size;
  std::string socket_folder;  // of its Unix socket
  std::string superuser;      // the platform's own role
  std::string certificate;    // files, for whoever serves its clients on this host
  std::string key;
  int client_connections = 0;  // that its settings leave to clients
  std::string data;            // name of the data directory that counts
  bool guarded = false;        // only the platform gets in
  base::Bytes memory;          // that its files are made for; what runs may have been started before
};
PGBATON_JSON(InstanceStatus, name, database, engine, desired, state, version, limits, port, pid, size, socket_folder,
             superuser, certificate, key, client_connections, data, guarded, memory)

struct Query {
  std::string database;
  std::string sql;
};
PGBATON_JSON(Query, database, sql)

struct QueryAnswer {
  std::vector<base::Json> rows;  // objects of column name → text or null
};
PGBATON_JSON(QueryAnswer, rows)

/// gateway: over TCP and TLS, as clients come. socket: past the gateway, which may hold clients just then.
enum class Through { gateway, socket };
PGBATON_ENUM_NAMES(Through, {Through::gateway, "gateway"}, {Through::socket, "socket"})

struct Probe {
  std::string database;
  std::string user;
  base::Secret password;
  Through through = Through::gateway;
  int gateway_port = 0;
};
PGBATON_JSON(Probe, database, user, password, through, gateway_port)

struct ProbeAnswer {
  std::string version;
  base::Lsn position;  // pg_current_wal_lsn()
  std::string time;
};
PGBATON_JSON(ProbeAnswer, version, position, time)

struct HostStatus {
  base::Bytes free_space;
  std::vector<model::EngineManifest> engines;
  std::vector<int> busy_ports;  // of those asked for with ?ports=6001-6999, on any of the host's addresses
  std::string address;          // where the nodes of other hosts reach this one's
  bool can_clone = false;       // the file system shares blocks between copies of a file
};
PGBATON_JSON(HostStatus, free_space, engines, busy_ports, address, can_clone)

}  // namespace pgbaton::api
