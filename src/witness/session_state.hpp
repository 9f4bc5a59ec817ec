// What each client puts into its session, as a table: how it is made, how the server is asked for it, what it must
// answer. Pure: SQL text in, verdicts out.
#pragma once

#include <string>
#include <vector>

#include "base/names.hpp"

namespace pgbaton::witness {

enum class StateKind {
  custom_setting,
  application_name,
  work_mem,
  search_path,
  prepared_statement,      // by the protocol: seen by using it
  sql_prepared_statement,  // by SQL PREPARE
  listen,
  notification,  // each arrives exactly once while the session lives
  advisory_lock,
};
PGBATON_ENUM_NAMES(StateKind, {StateKind::custom_setting, "custom-setting"},
                   {StateKind::application_name, "application-name"}, {StateKind::work_mem, "work-mem"},
                   {StateKind::search_path, "search-path"}, {StateKind::prepared_statement, "prepared-statement"},
                   {StateKind::sql_prepared_statement, "sql-prepared-statement"}, {StateKind::listen, "listen"},
                   {StateKind::notification, "notification"}, {StateKind::advisory_lock, "advisory-lock"})

/// Who a client is; every value of its session's state follows from it.
struct Identity {
  std::string run;
  std::string schema;  // of the witness' table, quoted
  int client = 0;
  int neighbour = 0;  // the client itself when it is alone

  [[nodiscard]] std::string table() const { return schema + ".pgbaton_witness"; }
  [[nodiscard]] std::string channel_of(int other) const;
};

struct Loss {
  StateKind kind;
  std::string description;
};

inline constexpr auto kInsertName = "pgbaton_witness_insert";

/// Statements that make the state, one after the other.
[[nodiscard]] std::vector<std::string> state_making(const Identity& identity);
[[nodiscard]] std::string insert_sql(const Identity& identity);
/// A query of one row, for check_state(). Its last column says "t" when the neighbour's advisory lock was free.
[[nodiscard]] std::string state_query(const Identity& identity);
[[nodiscard]] std::vector<Loss> check_state(const Identity& identity, const std::vector<std::string>& row);
[[nodiscard]] bool neighbours_lock_is_free(const std::vector<std::string>& row);
/// Runs what SQL PREPARE made; it answers with sql_prepared_answer().
[[nodiscard]] std::string execute_sql();
[[nodiscard]] std::string sql_prepared_answer(const Identity& identity);

}  // namespace pgbaton::witness
