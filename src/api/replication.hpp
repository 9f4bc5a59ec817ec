// How the replication of one instance stands, as its agent saw it.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/units.hpp"

namespace pgbaton::api {

struct ReplicaStatus {
  std::string name;        // application_name of its walreceiver: the node's name
  std::string state;       // pg_stat_replication.state
  std::string sync_state;  // "async" | "potential" | "sync" | "quorum"
  base::Lsn flushed;
  base::Lsn replayed;
};
PGBATON_JSON(ReplicaStatus, name, state, sync_state, flushed, replayed)

struct SlotStatus {
  std::string name;
  std::string kind;  // "physical" | "logical"
  bool active = false;
  bool failover = false;   // of a logical slot, 17 and later: it is synchronised to standbys
  bool synced = false;     // on a standby: it is its primary's
  bool usable = true;      // has not lost what it needs
  std::string wal_status;  // "reserved" | "extended" | "unreserved" | "lost"
  base::Bytes retained;
};
PGBATON_JSON(SlotStatus, name, kind, active, failover, synced, usable, wal_status, retained)

struct ReplicationStatus {
  bool is_running = false;  // and lets the platform in; else only what pg_controldata says
  bool in_recovery = false;
  std::string system_identifier;
  int timeline = 0;
  base::Lsn position;         // a primary: flushed; a standby: received and on disk
  base::Lsn replayed;         // a standby only
  bool is_streaming = false;  // a standby: from its upstream, now
  std::vector<ReplicaStatus> replicas;
  std::vector<SlotStatus> slots;
  int foreign_sessions = 0;  // client backends that are not the gateway's nor the platform's
};
PGBATON_JSON(ReplicationStatus, is_running, in_recovery, system_identifier, timeline, position, replayed, is_streaming,
             replicas, slots, foreign_sessions)

}  // namespace pgbaton::api
