#include "witness/session_state.hpp"

#include <array>
#include <cstdint>

#include "base/text.hpp"

namespace pgbaton::witness {
namespace {

constexpr int kExecuted = 1'000'000;

std::string literal(std::string_view text) {
  std::string quoted = "'";
  for (const char character : text) {
    if (character == '\'') quoted += '\'';
    quoted += character;
  }
  return quoted + "'";
}

std::string set(std::string_view name, const std::string& value) {
  return fmt::format("SELECT set_config('{}', {}, false)", name, literal(value));
}

// Advisory locks are known by two numbers: the run and the client. FNV-1a, without the sign bit, as both int and oid.
std::uint32_t lock_class(const Identity& identity) {
  std::uint32_t hash = 2166136261U;
  for (const char character : identity.run) hash = (hash ^ static_cast<unsigned char>(character)) * 16777619U;
  return hash & 0x7fffffffU;
}

std::string lock_query(const Identity& identity) {
  return fmt::format(
      "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = {} AND objid = {} AND objsubid = 2 "
      "AND granted AND pid = pg_backend_pid())",
      lock_class(identity), identity.client);
}

std::string count_of(std::string_view source, std::string_view column, std::string_view name) {
  return fmt::format("(SELECT count(*) FROM {} AS there({}) WHERE {} = '{}')", source, column, column, name);
}

std::string custom(const Identity& identity) { return std::to_string(identity.client); }
std::string application(const Identity& identity) { return fmt::format("pgbaton_witness/{}", identity.client); }
// Never whole megabytes, which would be shown as such.
std::string memory(const Identity& identity) { return fmt::format("{}kB", 4097 + identity.client % 1000); }
std::string path(const Identity& identity) {
  return fmt::format("{}, pgbaton_witness_{}", identity.schema, identity.client);
}
std::string one(const Identity& /*identity*/) { return "1"; }

struct StateRow {
  StateKind kind;
  std::string (*make)(const Identity&);
  std::string (*look)(const Identity&);
  std::string (*expected)(const Identity&);
};

constexpr std::array kRows{
    StateRow{StateKind::custom_setting, [](const Identity& me) { return set("pgbaton_witness.client", custom(me)); },
             [](const Identity&) { return std::string{"current_setting('pgbaton_witness.client', true)"}; }, custom},
    StateRow{StateKind::application_name, [](const Identity& me) { return set("application_name", application(me)); },
             [](const Identity&) { return std::string{"current_setting('application_name')"}; }, application},
    StateRow{StateKind::work_mem, [](const Identity& me) { return set("work_mem", memory(me)); },
             [](const Identity&) { return std::string{"current_setting('work_mem')"}; }, memory},
    StateRow{StateKind::search_path, [](const Identity& me) { return set("search_path", path(me)); },
             [](const Identity&) { return std::string{"current_setting('search_path')"}; }, path},
    StateRow{StateKind::sql_prepared_statement,
             [](const Identity& me) {
               return fmt::format("PREPARE pgbaton_witness_sql (int) AS SELECT $1 + {}", me.client);
             },
             [](const Identity&) { return count_of("pg_prepared_statements", "name", "pgbaton_witness_sql"); }, one},
    StateRow{StateKind::listen, [](const Identity& me) { return "LISTEN " + me.channel_of(me.client); },
             [](const Identity& me) { return count_of("pg_listening_channels()", "name", me.channel_of(me.client)); },
             one},
    StateRow{
        StateKind::advisory_lock,
        [](const Identity& me) { return fmt::format("SELECT pg_advisory_lock({}, {})", lock_class(me), me.client); },
        lock_query, one},
};

}  // namespace

std::string Identity::channel_of(int other) const { return fmt::format("pgbaton_witness_{}_{}", run, other); }

std::vector<std::string> state_making(const Identity& identity) {
  std::vector<std::string> statements;
  for (const auto& row : kRows) statements.push_back(row.make(identity));
  return statements;
}

std::string insert_sql(const Identity& identity) {
  return fmt::format("INSERT INTO {} (run, client, number) VALUES ($1, $2, $3)", identity.table());
}

std::string state_query(const Identity& identity) {
  std::vector<std::string> columns;
  for (const auto& row : kRows) columns.push_back(row.look(identity));
  // A transaction's lock is given back with the statement: two statements would leave the neighbour's lock here for a
  // moment.
  const bool alone = identity.neighbour == identity.client;
  columns.push_back(alone ? "false"
                          : fmt::format("pg_try_advisory_xact_lock({}, {})", lock_class(identity), identity.neighbour));
  return "SELECT " + base::join(columns, ", ");
}

std::vector<Loss> check_state(const Identity& identity, const std::vector<std::string>& row) {
  std::vector<Loss> losses;
  for (std::size_t at = 0; at < kRows.size() && at < row.size(); ++at) {
    const auto expected = kRows[at].expected(identity);
    if (row[at] == expected) continue;
    const auto& name = to_string(kRows[at].kind);
    losses.push_back({kRows[at].kind, kRows[at].expected == one
                                          ? fmt::format("{} is not there", name)
                                          : fmt::format("{} is \"{}\" and was \"{}\"", name, row[at], expected)});
  }
  return losses;
}

bool neighbours_lock_is_free(const std::vector<std::string>& row) {
  return row.size() > kRows.size() && row[kRows.size()] == "t";
}

std::string execute_sql() { return fmt::format("EXECUTE pgbaton_witness_sql ({})", kExecuted); }

std::string sql_prepared_answer(const Identity& identity) { return std::to_string(kExecuted + identity.client); }

}  // namespace pgbaton::witness
