// What the server says to a gateway: which databases it serves, and hold, move, resume.
//
//   PUT    /v1/databases/{name}           ServedDatabase            serves it from now on, or changes how
//   DELETE /v1/databases/{name}                                     serves it no more; its sessions end
//   PUT    /v1/databases/{name}/maintenance  Maintenance             nobody is let in from now on; sessions end
//   DELETE /v1/databases/{name}/maintenance                          they are let in again
//   POST   /v1/databases/{name}/move      Move                      while held: another server from now on
//   GET    /v1/databases/{name}           GateStatus
//   GET    /v1/databases/{name}/sessions  [SessionView]
//   POST   /v1/databases/{name}/prepare   Prepare → PrepareAnswer   reads sessions' state beforehand; nobody waits
//   POST   /v1/databases/{name}/hold      Hold → HoldAnswer         closes the gate; answers when all sessions are held
//   POST   /v1/databases/{name}/resume    Resume → ResumeAnswer     opens the gate; answers when all sessions go on
//   POST   /v1/databases/{name}/compare   Resume → CompareAnswer    waits until moved sessions were compared with what
//   they were GET    /metrics                       for Prometheus
//   GET    /v1/process                    {pid}                     of the process that serves
#pragma once

#include "base/names.hpp"
#include "base/units.hpp"

namespace pgbaton::api {

/// A PostgreSQL server: by its Unix socket on this host, by TCP and TLS on another.
struct ServerAddress {
  std::string socket_folder;  // empty: by TCP
  int port = 0;
  std::string address;      // of the other host
  std::string ca;           // files: what its certificate is checked against,
  std::string certificate;  // and what we are the platform's superuser with there
  std::string key;
  bool operator==(const ServerAddress&) const = default;
};
PGBATON_JSON(ServerAddress, socket_folder, port, address, ca, certificate, key)

/// What becomes of sessions whose server has died while nobody held them.
enum class OnLoss { end, wait };
PGBATON_ENUM_NAMES(OnLoss, {OnLoss::end, "end"}, {OnLoss::wait, "wait"})

/// While it is on nobody new is let in, and sessions end where they stand between two transactions. Replication
/// connections come and stay.
struct Maintenance {
  std::string message;        // for people; may be empty
  std::string until;          // RFC 3339: it ends by itself then; empty: when somebody says so
  std::string since;          // RFC 3339
  std::int64_t grace_ms = 0;  // after so long sessions are ended in the middle of their transactions too
  bool operator==(const Maintenance&) const = default;
};
PGBATON_JSON(Maintenance, message, until, since, grace_ms)

struct ServedDatabase {
  std::string name;
  base::Generation generation;                // refused when the gateway has seen a newer one for this database
  int port = 0;                               // where clients connect
  std::vector<std::string> listen_addresses;  // none: those of all databases of this gateway
  ServerAddress server;
  std::string superuser;    // the platform's own, by peer; never let in from outside
  std::string certificate;  // files
  std::string key;
  int max_connections = 100;       // of clients; further ones are refused with 53300
  std::vector<std::string> allow;  // addresses and CIDR ranges; empty: everybody
  std::int64_t park_after_ms = 0;  // 0: never
  OnLoss on_loss = OnLoss::end;    // wait: those between transactions wait for the next server, as long as for a hold
  std::optional<Maintenance> maintenance;  // serving anew what is served already leaves it as it is
};
PGBATON_JSON(ServedDatabase, name, generation, port, listen_addresses, server, superuser, certificate, key,
             max_connections, allow, park_after_ms, on_loss, maintenance)

struct GateStatus {
  std::string name;
  std::string gate;               // "open" | "closing" | "closed" | "opening"
  std::string operation;          // whose hold it is
  std::int64_t remaining_ms = 0;  // until the hold's deadline
  int sessions = 0;
  int waiting = 0;  // with a request, or a login, that waits at the gate
  int parked = 0;
  int lost = 0;            // sessions that wait for the next server: theirs has died while nobody was held
  std::string lost_since;  // the first of them, RFC 3339
  std::optional<Maintenance> maintenance;
};
PGBATON_JSON(GateStatus, name, gate, operation, remaining_ms, sessions, waiting, parked, lost, lost_since, maintenance)

struct SessionView {
  std::int64_t id = 0;
  std::string user;
  std::string database;
  std::string application_name;
  std::string client;  // address and port
  std::string state;   // "idle" | "active" | "idle in transaction" | "held" | "moving" | "waiting" | "parked" | "login"
  std::string since;   // of the state, RFC 3339
  bool tls = false;
  int server_pid = 0;
  std::vector<std::string> uncarried;  // what of it could not be carried; known of sessions whose state was read
};
PGBATON_JSON(SessionView, id, user, database, application_name, client, state, since, tls, server_pid, uncarried)

/// What becomes of sessions that stand in the way.
enum class Stragglers { refuse, end };
PGBATON_ENUM_NAMES(Stragglers, {Stragglers::refuse, "refuse"}, {Stragglers::end, "end"})

struct Prepare {
  base::Generation generation;
  std::optional<ServerAddress> candidate;  // the coming server, a standby: sessions are opened and loaded there too
};
PGBATON_JSON(Prepare, generation, candidate)

struct PrepareAnswer {
  int sessions = 0;
  int known = 0;                       // whose state was read; the others were busy
  int ready = 0;                       // that wait on the candidate
  std::vector<SessionView> uncarried;  // those that could not be carried
};
PGBATON_JSON(PrepareAnswer, sessions, known, ready, uncarried)

/// Replication connections cannot wait, but take themselves up again where they were. end: they are told to connect
/// again once all others are held. leave: they stay, and get what they lack before an orderly stop of the server ends.
enum class Consumers { end, leave };
PGBATON_ENUM_NAMES(Consumers, {Consumers::end, "end"}, {Consumers::leave, "leave"})

struct Hold {
  std::string operation;
  base::Generation generation;
  std::int64_t drain_ms = 0;     // how long transactions are waited for
  std::int64_t deadline_ms = 0;  // after so long the gate opens by itself, whatever has become of the server or of us
  Stragglers transactions =
      Stragglers::refuse;  // those still open after the drain: refuse opens the gate again, end: 40001
  Stragglers uncarried = Stragglers::refuse;  // sessions with state that cannot be carried: the same, 57P01
  Consumers consumers = Consumers::end;
};
PGBATON_JSON(Hold, operation, generation, drain_ms, deadline_ms, transactions, uncarried, consumers)

struct HoldAnswer {
  int sessions = 0;
  int ended = 0;
  std::int64_t took_ms = 0;
};
PGBATON_JSON(HoldAnswer, sessions, ended, took_ms)

/// Only while this operation holds the database. Kept in the gateway's file before it is answered: a gateway that dies
/// and comes back serves the new server.
struct Move {
  std::string operation;
  base::Generation generation;
  ServerAddress server;
};
PGBATON_JSON(Move, operation, generation, server)

struct Resume {
  std::string operation;
  base::Generation generation;
};
PGBATON_JSON(Resume, operation, generation)

struct ResumeAnswer {
  int moved = 0;                  // sessions that were re-created on the server
  int ended = 0;                  // sessions that could not be, or that were ended at the hold
  std::int64_t stall_max_ms = 0;  // the longest that a request waited at the gate
  std::int64_t stall_p99_ms = 0;  // over the sessions whose requests waited
  std::vector<std::string> problems;
};
PGBATON_JSON(ResumeAnswer, moved, ended, stall_max_ms, stall_p99_ms, problems)

struct CompareAnswer {
  int ended = 0;  // sessions that turned out not to be what they were
  std::vector<std::string> problems;
};
PGBATON_JSON(CompareAnswer, ended, problems)

}  // namespace pgbaton::api
