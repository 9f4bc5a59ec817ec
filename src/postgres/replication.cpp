#include "postgres/replication.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "postgres/platform.hpp"
#include "postgres/replication_text.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Millis;
using base::Result;

constexpr Millis kSlotInUse{20};
constexpr int kGrantsCheckpoint = 15;

// What pg_rewind reads, and on 13 the temporary table it reads with; a checkpoint, which is granted from 15 on. Before,
// a function takes it: a grant of pg_start_backup would be in the dump that a major-upgrade restores, and 15 has none.
// CONNECT and TEMPORARY were taken from everybody.
std::string rights_of_role(int major) {
  const std::string role{kReplicationRole};
  auto sql = fmt::format(
      "GRANT CONNECT, TEMPORARY ON DATABASE postgres TO {0};"
      "GRANT pg_read_all_stats TO {0};"
      "GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text, boolean, boolean) TO {0};"
      "GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_file(text, boolean) TO {0};"
      "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text) TO {0};"
      "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean) TO {0};",
      role);
  if (major >= kGrantsCheckpoint)
    sql += fmt::format("DROP FUNCTION IF EXISTS public.pgbaton_checkpoint(); GRANT pg_checkpoint TO {}", role);
  else
    sql += fmt::format(
        "CREATE OR REPLACE FUNCTION public.pgbaton_checkpoint() RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path = pg_catalog AS 'BEGIN CHECKPOINT; END';"
        "REVOKE EXECUTE ON FUNCTION public.pgbaton_checkpoint() FROM PUBLIC;"
        "GRANT EXECUTE ON FUNCTION public.pgbaton_checkpoint() TO {0}; GRANT USAGE ON SCHEMA public TO {0}",
        role);
  return sql;
}

struct OwnSlot {
  std::string name;
  bool is_active = false;
  bool is_lost = false;
};

Result<std::vector<OwnSlot>> physical_slots(Connection& connection, Deadline deadline) {
  const auto rows =
      TRY(connection.query("SELECT slot_name, active, wal_status = 'lost' FROM pg_replication_slots "
                           "WHERE slot_type = 'physical' AND NOT temporary",
                           deadline));
  std::vector<OwnSlot> slots;
  for (const auto& row : rows.rows) slots.push_back({row[0].value_or(""), row[1] == "t", row[2] == "t"});
  return slots;
}

Result<> drop_slot(Connection& connection, const OwnSlot& slot, Deadline deadline) {
  for (;;) {
    TRY(
        connection.query("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots "
                         "WHERE slot_name = $1 AND active_pid IS NOT NULL",
                         deadline, {slot.name}));
    const auto dropped = connection.query("SELECT pg_drop_replication_slot($1)", deadline, {slot.name});
    if (dropped || has_sqlstate(dropped.error(), "42704")) return {};
    if (!has_sqlstate(dropped.error(), "55006") || deadline.passed()) return std::unexpected(dropped.error());
    std::this_thread::sleep_for(kSlotInUse);  // its walsender is on its way out
  }
}

}  // namespace

Result<> ensure_replication_role(Connection& connection, const base::Secret& password, Deadline deadline) {
  const std::string role{kReplicationRole};
  const auto known = TRY(connection.query("SELECT 1 FROM pg_roles WHERE rolname = $1", deadline, {role}));
  const auto verifier = TRY(connection.scram_verifier(role, password));
  TRY(connection.execute(fmt::format("{} ROLE {} LOGIN REPLICATION NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}",
                                     known.empty() ? "CREATE" : "ALTER", role, connection.quote_literal(verifier)),
                         deadline));
  return connection.execute(rights_of_role(connection.server_version().major), deadline);
}

Result<> ensure_slots(Connection& connection, const std::vector<std::string>& slots, Reserve reserve,
                      Deadline deadline) {
  auto there = TRY(physical_slots(connection, deadline));
  for (const auto& slot : there)
    if (slot.is_lost || std::ranges::find(slots, slot.name) == slots.end()) TRY(drop_slot(connection, slot, deadline));
  std::erase_if(there, [](const auto& slot) { return slot.is_lost; });
  for (const auto& name : slots)
    if (std::ranges::find(there, name, &OwnSlot::name) == there.end())
      TRY(connection.query("SELECT pg_create_physical_replication_slot($1, $2)", deadline,
                           {name, reserve == Reserve::now ? "true" : "false"}));
  return {};
}

Result<> drop_idle_slots(Connection& standby, Deadline deadline) {
  const auto* const is_own = standby.server_version().major >= 17 ? "NOT synced" : "true";
  TRY(standby.query(fmt::format("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                                "WHERE NOT temporary AND NOT active AND restart_lsn IS NOT NULL AND {}",
                                is_own),
                    deadline));
  return {};
}

}  // namespace pgbaton::postgres
