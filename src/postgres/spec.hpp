// What pgbaton knows of an instance without asking it: one PostgreSQL data directory with its postmaster on this host.
//
// INSTANCES/NAME/ holds data/ (PGDATA; data-17/ after a major-upgrade to 17), log/, and tls/ with server.crt,
// server.key and ca.crt, which the caller puts there. The process that uses this module runs as the ordinary user that
// the instance is to run as.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/agent.hpp"
#include "model/database.hpp"
#include "system/file.hpp"

namespace pgbaton::postgres {

struct Spec {
  std::string name;
  system::Path folder;         // absolute
  system::Path socket_folder;  // absolute and short: a Unix socket's path ends at 107 bytes
  system::Path bindir;         // the engine: postgres, initdb, pg_controldata
  int port = 0;
  std::vector<std::string> listen_addresses;  // empty: the Unix socket only
  base::Bytes memory;                         // of the plan
  model::Locale locale;
  base::Bytes wal_segment = {std::int64_t{16} << 20};  // fixed by initdb; pg_upgrade needs the same on both sides
  std::string superuser = "pgbaton";
  std::vector<std::string> superuser_os_users;          // the users of this host who may be the superuser, by peer
  std::optional<api::ReplicationSettings> replication;  // one of several nodes
  int least_connections = 0;                            // a standby needs as many as its primary has
  std::optional<api::Upstream> upstream;                // where it gets its log from while it is a standby
  std::string data_name = "data";              // of the data directory in the folder: after a major-upgrade another one
  bool detached = false;                       // a standby that is to receive nothing: it is about to be promoted
  bool guarded = false;                        // only the platform gets in, and nothing touches a table by itself
  std::optional<std::string> archive_command;  // absent: it does not archive; empty: later, its log waits for it
  bool checksums = true;                       // fixed by initdb; pg_upgrade needs the same on both sides

  [[nodiscard]] system::Path data() const { return folder / data_name; }
  [[nodiscard]] system::Path log() const { return folder / "log"; }
  [[nodiscard]] system::Path tls() const { return folder / "tls"; }
  [[nodiscard]] system::Path program(const char* file) const { return bindir / file; }
};

}  // namespace pgbaton::postgres
