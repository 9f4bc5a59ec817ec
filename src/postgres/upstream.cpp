#include "postgres/upstream.hpp"

#include <thread>

#include <fmt/format.h>

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Millis;
using base::Result;

constexpr Millis kConnect{std::chrono::seconds{10}};
constexpr Millis kBusySlot{20};

base::Lsn lsn_or_zero(const Value& value) { return base::parse_lsn(value.value_or("")).value_or(base::Lsn{}); }

// CASE is needed: each half of these functions refuses in the other state. While a standby replays, the control file
// may lag behind its timeline; what its walreceiver writes does not.
constexpr auto kLogPosition = R"(
SELECT (SELECT system_identifier FROM pg_control_system()),
       pg_is_in_recovery(),
       CASE WHEN pg_is_in_recovery()
            THEN greatest((SELECT received_tli FROM pg_stat_wal_receiver),
                          (SELECT timeline_id FROM pg_control_checkpoint()),
                          (SELECT min_recovery_end_timeline FROM pg_control_recovery()))
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
       CASE WHEN pg_is_in_recovery() THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
            ELSE pg_current_wal_flush_lsn() END,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END)";

struct SlotNow {
  bool exists = false;
  bool is_active = false;
  bool is_lost = false;
};

Result<SlotNow> look_at_slot(Connection& connection, const std::string& slot, Deadline deadline) {
  const auto rows = TRY(connection.query(
      "SELECT active, wal_status = 'lost' FROM pg_replication_slots WHERE slot_name = $1", deadline, {slot}));
  if (rows.empty()) return SlotNow{};
  return SlotNow{true, rows.rows[0][0] == "t", rows.rows[0][1] == "t"};
}

}  // namespace

Result<Connection> connect_to_upstream(const Spec& spec, Deadline deadline) {
  if (!spec.upstream) return base::fail(base::Code::failed, "{} has no upstream", spec.name);
  return base::in_context("the upstream of " + spec.name,
                          Connection::open({.host = spec.upstream->address,
                                            .port = spec.upstream->port,
                                            .user = std::string{kReplicationRole},
                                            .password = spec.upstream->password,
                                            .database = "postgres",
                                            .sslmode = "verify-ca",
                                            .ssl_root_certificate = spec.tls() / "ca.crt",
                                            .application_name = "pgbaton " + spec.name,
                                            .options = "-c search_path=pg_catalog"},
                                           deadline.within(kConnect)));
}

Result<LogPosition> log_position(Connection& connection, Deadline deadline) {
  const auto rows = TRY(connection.query(kLogPosition, deadline));
  const auto& row = rows.rows.at(0);
  return LogPosition{.system_identifier = row[0].value_or(""),
                     .in_recovery = row[1] == "t",
                     .timeline = std::atoi(row[2].value_or("0").c_str()),
                     .position = lsn_or_zero(row[3]),
                     .replayed = lsn_or_zero(row[4])};
}

Result<std::vector<TimelineSwitch>> history_of(Connection& upstream, int timeline, Deadline deadline) {
  if (timeline <= 1) return std::vector<TimelineSwitch>{};
  const auto rows = TRY(upstream.query("SELECT convert_from(pg_read_binary_file($1), 'UTF8')", deadline,
                                       {"pg_wal/" + history_file(timeline)}));
  return parse_history(rows.single());
}

std::string segment_file(int timeline, base::Lsn at, base::Bytes segment) {
  const auto size = static_cast<std::uint64_t>(segment.count);
  const auto number = at.position / size;
  const auto per_id = (std::uint64_t{1} << 32) / size;
  return fmt::format("{:08X}{:08X}{:08X}", timeline, number / per_id, number % per_id);
}

Result<bool> has_segment(Connection& upstream, const std::string& file, Deadline deadline) {
  const auto rows =
      TRY(upstream.query("SELECT (pg_stat_file($1, true)).size IS NOT NULL", deadline, {"pg_wal/" + file}));
  return rows.single() == "t";
}

Result<> ensure_own_slot(Connection& upstream, const std::string& slot, InUse in_use, Deadline deadline) {
  for (;;) {
    const auto now = TRY(look_at_slot(upstream, slot, deadline));
    if (!now.exists) {
      TRY(upstream.query("SELECT pg_create_physical_replication_slot($1, true)", deadline, {slot}));
      return {};
    }
    if (!now.is_lost && (!now.is_active || in_use == InUse::leave)) return {};
    if (now.is_active)
      TRY(upstream.query("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1",
                         deadline, {slot}));
    else
      TRY(upstream.query("SELECT pg_drop_replication_slot($1)", deadline, {slot}));
    if (deadline.passed()) return base::fail(base::Code::timed_out, "the slot {} of the upstream stays in use", slot);
    std::this_thread::sleep_for(kBusySlot);
  }
}

// The role may do neither by itself: a superuser of the upstream gave it the one that its major has.
Result<> checkpoint_upstream(Connection& upstream, Deadline deadline) {
  if (upstream.server_version().major >= 15) return upstream.execute("CHECKPOINT", deadline);
  TRY(upstream.query("SELECT public.pgbaton_checkpoint()", deadline));
  return {};
}

}  // namespace pgbaton::postgres
