// What the sessions of a database run, as PostgreSQL says it, with the client's address as the gateway knows it.
#include <charconv>

#include "base/redact.hpp"
#include "server/databases.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Database;

namespace {

constexpr int kMostTop = 20;

// The platform's own connections are nobody's business. A timestamp keeps its microseconds: it tells one statement of a
// backend from the next.
constexpr auto kRunning = R"(
  SELECT pid, usename AS "user", datname AS database, application_name, host(client_addr) AS client, state,
         wait_event_type || ': ' || wait_event AS wait_event, query AS text,
         to_char(query_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS began,
         to_char(state_change AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS since,
         to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS transaction_since
  FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND usename <> current_user AND state IS DISTINCT FROM 'idle'
  ORDER BY query_start NULLS LAST, pid LIMIT 200)";

// In a schema that a user owns, the name could be given to a view of theirs between this question and the next.
constexpr auto kWhereStatements = R"(
  SELECT quote_ident(nspname) AS schema, pg_get_userbyid(nspowner) = current_user AS is_ours,
         current_setting('shared_preload_libraries') ~ '\mpg_stat_statements\M' AS is_loaded
  FROM (SELECT 'pg_stat_statements' AS name) AS wanted
  LEFT JOIN pg_extension ON extname = name LEFT JOIN pg_namespace n ON n.oid = extnamespace)";

constexpr auto kTop = R"(
  SELECT s.query AS text, u.rolname AS "user", calls::text, round(total_exec_time::numeric, 3)::text AS total_ms,
         round(mean_exec_time::numeric, 3)::text AS mean_ms, rows::text,
         CASE WHEN shared_blks_hit + shared_blks_read > 0
              THEN round(shared_blks_hit::numeric / (shared_blks_hit + shared_blks_read), 4)::text END AS cached
  FROM {}.pg_stat_statements s
  JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
  LEFT JOIN pg_roles u ON u.oid = s.userid
  WHERE s.userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
  ORDER BY total_exec_time DESC LIMIT {})";

constexpr auto kCancel = R"(
  WITH one AS MATERIALIZED (
    SELECT pid, state, {} AS is_meant FROM pg_stat_activity
    WHERE pid = {} AND backend_type = 'client backend' AND usename <> current_user)
  SELECT state, is_meant, CASE WHEN state = 'active' AND is_meant THEN pg_cancel_backend(pid) END AS cancelled
  FROM one)";

constexpr auto kIsTheSame = "to_char(query_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') = '{}'";

std::string text_of(const Json& row, const char* column) {
  const auto found = row.find(column);
  return found == row.end() || !found->is_string() ? std::string{} : found->get<std::string>();
}

bool is_true(const Json& row, const char* column) { return text_of(row, column) == "t"; }

double number_of(const Json& row, const char* column) { return std::atof(text_of(row, column).c_str()); }

Json text_or_null(const Json& row, const char* column) {
  auto text = text_of(row, column);
  return text.empty() ? Json{} : Json(std::move(text));
}

Json running_view(const Json& row, const std::map<int, std::string>& clients) {
  const int pid = std::atoi(text_of(row, "pid").c_str());
  const auto client = clients.find(pid);
  return {{"pid", pid},
          {"user", text_of(row, "user")},
          {"database", text_of(row, "database")},
          {"application_name", text_of(row, "application_name")},
          {"client", client == clients.end() ? text_of(row, "client") : client->second},
          {"state", text_of(row, "state")},
          {"wait_event", text_or_null(row, "wait_event")},
          {"began", text_or_null(row, "began")},
          {"since", text_or_null(row, "since")},
          {"transaction_since", text_or_null(row, "transaction_since")},
          {"text", base::without_passwords(text_of(row, "text"))}};
}

Json statement_view(const Json& row) {
  return {{"text", base::without_passwords(text_of(row, "text"))},
          {"user", text_of(row, "user")},
          {"calls", static_cast<std::int64_t>(number_of(row, "calls"))},
          {"total_ms", number_of(row, "total_ms")},
          {"mean_ms", number_of(row, "mean_ms")},
          {"rows", static_cast<std::int64_t>(number_of(row, "rows"))},
          {"cached", text_of(row, "cached").empty() ? Json{} : Json(number_of(row, "cached"))}};
}

/// What a person with an account on the primary's host does so that there are statistics.
Json how_to_get_them(const runbooks::AgentClient& agent, const Database& database, const Json& found) {
  Json steps = Json::array();
  const auto status = agent.instance(model::primary_of(database).name);
  if (status)
    steps.push_back(fmt::format("psql -h {} -p {} -U {} -d {}", status->socket_folder, status->port, status->superuser,
                                database.name));
  if (!is_true(found, "is_loaded"))
    steps.push_back("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements';");
  const bool is_there = !text_of(found, "schema").empty();
  if (is_there && is_true(found, "is_ours")) return steps;
  steps.push_back("CREATE SCHEMA pgbaton_statements;");
  steps.push_back("GRANT USAGE ON SCHEMA pgbaton_statements TO PUBLIC;");
  steps.push_back(is_there ? "ALTER EXTENSION pg_stat_statements SET SCHEMA pgbaton_statements;"
                           : "CREATE EXTENSION pg_stat_statements SCHEMA pgbaton_statements;");
  return steps;
}

std::string why_there_are_none(const Json& found) {
  if (!is_true(found, "is_loaded"))
    return "pg_stat_statements is not loaded. A superuser on the primary's host sets it once; it counts from the next "
           "restart of PostgreSQL on, as at an upgrade or a change of plan.";
  if (text_of(found, "schema").empty()) return "The extension pg_stat_statements is not in this database.";
  return "pg_stat_statements lies in a schema that a user owns, so pgbaton does not read it. In one of the platform's "
         "it does.";
}

Result<Json> top_statements(const runbooks::AgentClient& agent, const Database& database) {
  const auto& instance = model::primary_of(database).name;
  const auto answer = TRY(agent.query(instance, {database.name, kWhereStatements}));
  const auto found = answer.rows.empty() ? Json::object() : answer.rows.front();
  if (!is_true(found, "is_loaded") || !is_true(found, "is_ours"))
    return Json{{"available", false},
                {"why", why_there_are_none(found)},
                {"how", how_to_get_them(agent, database, found)},
                {"top", Json::array()}};
  const auto rows = TRY(agent.query(instance, {database.name, fmt::format(kTop, text_of(found, "schema"), kMostTop)}))
  .rows;
  Json top = Json::array();
  for (const auto& row : rows) top.push_back(statement_view(row));
  return Json{{"available", true}, {"why", ""}, {"how", Json::array()}, {"top", top}};
}

/// Whom each backend works for. A gateway that does not answer leaves it open.
std::map<int, std::string> clients_by_pid(const runbooks::GatewayClient& gateway, const std::string& database) {
  std::map<int, std::string> clients;
  if (const auto sessions = gateway.sessions(database))
    for (const auto& session : *sessions)
      if (session.server_pid != 0) clients[session.server_pid] = session.client;
  return clients;
}

Result<Database> database_with_nodes(Records& records, const std::string& name) {
  auto database = TRY(records.database(name))
  .value;
  if (database.nodes.empty()) return base::fail(Code::refused, "database {} is being created", name);
  return database;
}

Result<int> pid_of(const std::string& text) {
  int pid = 0;
  const auto* const end = text.data() + text.size();
  if (const auto [rest, error] = std::from_chars(text.data(), end, pid);
      error != std::errc{} || rest != end || pid <= 0)
    return base::fail(Code::invalid_argument, "\"{}\" is not the pid of a backend", text);
  return pid;
}

Result<std::string> which_is_meant(const Json& asked) {
  if (!asked.is_object() || !asked.contains("began")) return "true";
  const auto began = asked["began"].is_string() ? asked["began"].get<std::string>() : "";
  if (began.empty() || began.find_first_not_of("0123456789-:.TZ") != std::string::npos)
    return base::fail(Code::invalid_argument, "\"began\" is a time as the list of queries gives it");
  return fmt::format(kIsTheSame, began);
}

}  // namespace

Result<Json> Databases::queries(const std::string& name) {
  const auto database = TRY(database_with_nodes(shop_.records, name));
  const auto& agent = shop_.agents.of(database);
  const auto rows = TRY(agent.query(model::primary_of(database).name, {name, kRunning}))
  .rows;
  const auto clients = clients_by_pid(shop_.gateway, name);
  Json running = Json::array();
  for (const auto& row : rows) running.push_back(running_view(row, clients));
  return Json{{"name", name}, {"queries", running}, {"statements", TRY(top_statements(agent, database))}};
}

Result<Json> Databases::cancel_query(const std::string& name, const std::string& pid, const Json& asked) {
  const auto look_again = fmt::format("`pgbaton queries {}` shows what runs just now.", name);
  const auto database = TRY(database_with_nodes(shop_.records, name));
  const auto sql = fmt::format(kCancel, TRY(which_is_meant(asked)), TRY(pid_of(pid)));
  const auto rows = TRY(shop_.agents.of(database).query(model::primary_of(database).name, {name, sql}))
  .rows;
  if (rows.empty())
    return base::fail({Code::not_found, fmt::format("no client of {} has a backend {}", name, pid), look_again});
  const auto state = text_of(rows.front(), "state");
  if (state != "active")
    return base::fail(
        {Code::refused, fmt::format("backend {} runs no statement just now: it is {}", pid, state), look_again});
  if (!is_true(rows.front(), "is_meant"))
    return base::fail({Code::refused, fmt::format("backend {} runs another statement by now", pid), look_again});
  return Json{{"pid", std::atoi(pid.c_str())}, {"cancelled", is_true(rows.front(), "cancelled")}};
}

}  // namespace pgbaton::server
