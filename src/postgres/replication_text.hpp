// What replication adds to the files of an instance, and the names that all nodes share. Pure.
#pragma once

#include "postgres/settings.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// The role that nodes come to each other with: it may replicate, and read the files that pg_rewind compares.
inline constexpr std::string_view kReplicationRole = "pgbaton_replication";
/// How the stream of the log into the spool is called; no standby is.
inline constexpr std::string_view kTailName = "pgbaton_tail";
/// The name in the certificate that gateways of other hosts come with, as the platform's superuser.
inline constexpr std::string_view kGatewayName = "pgbaton-gateway";
inline constexpr std::string_view kGatewayDn = "/CN=pgbaton-gateway";  // as pg_stat_ssl has it
/// How many sessions write past the gateway. $1: the platform's superuser, $2: kReplicationRole, $3: kGatewayDn.
/// The socket's folder is the platform's own: whoever comes through it is the gateway, unless it is a person who is the
/// platform's user and became the superuser. From another host the gateway comes with its certificate. A backup ends
/// with its server, and is taken anew.
inline constexpr std::string_view kCountForeignSessions =
    "SELECT count(*) FROM pg_stat_activity LEFT JOIN pg_stat_ssl USING (pid) "
    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND "
    "CASE WHEN client_addr IS NULL OR client_dn = $3 "
    "THEN usename = $1 AND application_name NOT LIKE ALL ('{pgbaton%,pgBackRest [%}') ELSE usename <> $2 END";
/// In the instance's folder, mode 0600. Not in primary_conninfo: whoever may see statistics may see settings.
inline constexpr std::string_view kPassFile = "upstream.pass";

/// Empty for an instance of its own.
[[nodiscard]] std::vector<Setting> replication_settings(const Spec& spec, int major);
/// "10.0.0.1/32"
[[nodiscard]] std::string single_address(const std::string& peer);
/// pg_hba.conf: gateways for their clients, peers for replication and for pg_rewind, by TLS; nobody else over TCP.
[[nodiscard]] std::string replication_rules(const api::ReplicationSettings& settings);

/// The words of libpq for a connection to the upstream. `folder` is the instance's as whoever connects names it: the
/// server's own working directory is its data directory.
[[nodiscard]] std::string conninfo(const api::Upstream& upstream, const system::Path& folder,
                                   const std::string& application_name);
[[nodiscard]] std::string password_file(const base::Secret& password);

/// One line of a timeline's history: the ancestor, and where the next timeline left it.
struct TimelineSwitch {
  int timeline = 0;
  base::Lsn at;
  bool operator==(const TimelineSwitch&) const = default;
};
/// The text of pg_wal/0000000N.history, oldest first; empty for timeline 1.
[[nodiscard]] std::vector<TimelineSwitch> parse_history(std::string_view text);
/// "00000002.history"
[[nodiscard]] std::string history_file(int timeline);

/// A line of pg_waldump; absent when it is none of a record.
struct LogRecord {
  base::Lsn at;
  bool is_commit = false;
};
[[nodiscard]] std::optional<LogRecord> parse_record(std::string_view line);

}  // namespace pgbaton::postgres
