#include <fmt/format.h>

#include "postgres/control_data.hpp"
#include "postgres/instance.hpp"
#include "postgres/platform.hpp"
#include "postgres/replication.hpp"
#include "postgres/standby.hpp"
#include "postgres/upstream.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Millis;
using base::Result;

constexpr Millis kConnectHere{std::chrono::seconds{5}};

base::Lsn lsn_in(const Value& value) { return base::parse_lsn(value.value_or("")).value_or(base::Lsn{}); }

Result<std::vector<api::ReplicaStatus>> replicas_of(Connection& connection, Deadline deadline) {
  std::vector<api::ReplicaStatus> replicas;
  const auto rows =
      TRY(connection.query("SELECT application_name, state, sync_state, flush_lsn, replay_lsn FROM pg_stat_replication "
                           "WHERE state <> 'backup' AND application_name <> $1 ORDER BY 1",
                           deadline, {std::string{kTailName}}));
  for (const auto& row : rows.rows)
    replicas.push_back({row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), lsn_in(row[3]), lsn_in(row[4])});
  return replicas;
}

Result<std::vector<api::SlotStatus>> slots_of(Connection& connection, base::Lsn position, Deadline deadline) {
  const auto* const since_17 = connection.server_version().major >= 17 ? "failover, synced, invalidation_reason IS NULL"
                                                                       : "false, false, wal_status <> 'lost'";
  const auto rows =
      TRY(connection.query(fmt::format("SELECT slot_name, slot_type, active, {}, coalesce(wal_status, ''), "
                                       "coalesce(greatest(0, pg_wal_lsn_diff($1::pg_lsn, restart_lsn))::bigint, 0) "
                                       "FROM pg_replication_slots WHERE NOT temporary ORDER BY 1",
                                       since_17),
                           deadline, {base::to_string(position)}));
  std::vector<api::SlotStatus> slots;
  for (const auto& row : rows.rows)
    slots.push_back({.name = row[0].value_or(""),
                     .kind = row[1].value_or(""),
                     .active = row[2] == "t",
                     .failover = row[3] == "t",
                     .synced = row[4] == "t",
                     .usable = row[5] != "f",
                     .wal_status = row[6].value_or(""),
                     .retained = {std::atoll(row[7].value_or("0").c_str())}});
  return slots;
}

Result<int> foreign_sessions(const Spec& spec, Connection& connection, Deadline deadline) {
  const auto rows = TRY(connection.query(std::string{kCountForeignSessions}, deadline,
                                         {spec.superuser, std::string{kReplicationRole}, std::string{kGatewayDn}}));
  return std::atoi(rows.single().c_str());
}

Result<api::ReplicationStatus> ask(const Spec& spec, Deadline deadline) {
  auto connection = TRY(connect_as_platform(spec, "postgres", deadline));
  const auto at = TRY(log_position(connection, deadline));
  api::ReplicationStatus status{.is_running = true,
                                .in_recovery = at.in_recovery,
                                .system_identifier = at.system_identifier,
                                .timeline = at.timeline,
                                .position = at.position,
                                .replayed = at.replayed};
  status.is_streaming =
      at.in_recovery &&
      !TRY(connection.query("SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'", deadline))
  .empty();
  status.replicas = TRY(replicas_of(connection, deadline));
  status.slots = TRY(slots_of(connection, at.position, deadline));
  status.foreign_sessions = TRY(foreign_sessions(spec, connection, deadline));
  return status;
}

// It surely has log up to there; how much more, only recovery finds out. What has no control file that can be read does
// not run and will not: that is an answer, too, and another node may have to take over.
Result<api::ReplicationStatus> look_at_files(const Spec& spec, Deadline deadline) {
  if (!is_initialised(spec)) return api::ReplicationStatus{};
  const auto control = control_data(spec.bindir, spec.data(), deadline);
  if (!control && !is_about_the_control_file(control.error(), spec.data())) return std::unexpected(control.error());
  if (!control) return api::ReplicationStatus{.in_recovery = is_standby(spec)};
  return api::ReplicationStatus{.in_recovery = is_standby(spec),
                                .system_identifier = control->system_identifier,
                                .timeline = control->timeline,
                                .position = std::max(control->checkpoint, control->minimum_recovery_end)};
}

}  // namespace

Result<api::ReplicationStatus> replication_status(const Spec& spec, Deadline deadline) {
  if (auto answer = ask(spec, deadline.within(kConnectHere))) return answer;
  return look_at_files(spec, deadline);
}

}  // namespace pgbaton::postgres
