#include "cli/rehearsal_plans.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/json_view.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;
using postgres::Connection;

namespace {

constexpr Millis kConnect{10'000};
constexpr Millis kOneStatement{20'000};
constexpr auto kLongestRun = "5s";
constexpr int kGenericPlan = 16;     // EXPLAIN (GENERIC_PLAN)
constexpr double kSlower = 1.5;      // less is noise
constexpr double kNoticeableMs = 1;  // and so is this
constexpr int kTop = 50;

std::string option_in(PQconninfoOption* options, std::string_view keyword) {
  for (auto* option = options; option->keyword != nullptr; ++option)
    if (keyword == option->keyword && option->val != nullptr) return option->val;
  return {};
}

// Two plans with the same shape do the same things in the same order.
std::string shape_of(const Json& node) {
  auto shape = text_at(node, "Node Type");
  for (const auto* detail : {"Join Type", "Relation Name", "Index Name"})
    if (const auto value = text_at(node, detail); !value.empty()) shape += " " + value;
  std::vector<std::string> below;
  for (const auto& child : part_at(node, "Plans")) below.push_back(shape_of(child));
  return below.empty() ? shape : fmt::format("{} ({})", shape, base::join(below, ", "));
}

Result<Json> explain(Connection& connection, const std::string& options, const std::string& statement) {
  const auto rows = TRY(
      connection.query(fmt::format("EXPLAIN ({}FORMAT JSON) {}", options, statement), Deadline::after(kOneStatement)));
  return TRY(base::parse_json(rows.single()))
  .at(0);
}

bool has_parameters(const std::string& statement) {
  for (auto at = statement.find('$'); at != std::string::npos; at = statement.find('$', at + 1))
    if (at + 1 < statement.size() && std::isdigit(static_cast<unsigned char>(statement[at + 1])) != 0) return true;
  return false;
}

Result<Json> explain_in_transaction(Connection& connection, const std::string& options, const std::string& statement) {
  TRY(connection.execute(fmt::format("BEGIN; SET LOCAL statement_timeout = '{}'", kLongestRun),
                         Deadline::after(kOneStatement)));
  auto explained = explain(connection, options, statement);
  TRY(connection.execute("ROLLBACK", Deadline::after(kOneStatement)));
  return explained;
}

Json plan_of(Connection& connection, const std::string& statement) {
  Json row{{"statement", statement}, {"run_ms", nullptr}, {"error", nullptr}};
  const bool is_generic = has_parameters(statement);
  if (is_generic && connection.server_version().major < kGenericPlan) {
    row["error"] = "it has parameters, and this version plans it only with their values";
    return row;
  }
  const auto planned = explain_in_transaction(connection, is_generic ? "GENERIC_PLAN, " : "", statement);
  if (!planned) {
    row["error"] = planned.error().message;
    return row;
  }
  const auto& plan = planned->at("Plan");
  row.update({{"plan", plan}, {"shape", shape_of(plan)}, {"cost", plan.value("Total Cost", 0.0)}});
  if (is_generic) return row;
  // Twice: the first time reads what the second finds in memory.
  for (int run = 0; run < 2; ++run)
    if (const auto ran = explain_in_transaction(connection, "ANALYZE, TIMING OFF, ", statement))
      row["run_ms"] = ran->value("Execution Time", 0.0);
    else
      row["error"] = ran.error().message;
  return row;
}

double lost_ms(const Json& before, const Json& after) {
  if (before["run_ms"].is_null() || after["run_ms"].is_null()) return 0;
  return after["run_ms"].get<double>() - before["run_ms"].get<double>();
}

// Empty: nothing that anybody would notice.
std::string change_between(const Json& before, const Json& after) {
  if (before["error"].is_null() && !after["error"].is_null()) return "fails";
  if (!before.contains("shape") || !after.contains("shape")) return {};
  const auto lost = lost_ms(before, after);
  const bool slower = lost > kNoticeableMs && after["run_ms"].get<double>() > kSlower * before["run_ms"].get<double>();
  const bool changed = before["shape"] != after["shape"];
  if (slower) return changed ? "another plan, slower" : "slower";
  return changed ? "another plan" : "";
}

}  // namespace

Result<Connection> connect_to_url(const std::string& url) {
  char* why = nullptr;
  auto* const parsed = PQconninfoParse(url.c_str(), &why);
  PQfreemem(why);
  if (parsed == nullptr) return base::fail(Code::invalid_argument, "this is no address of a database");
  const postgres::ConnectOptions options{.host = option_in(parsed, "host"),
                                         .port = std::atoi(option_in(parsed, "port").c_str()),
                                         .user = option_in(parsed, "user"),
                                         .password = base::Secret{option_in(parsed, "password")},
                                         .database = option_in(parsed, "dbname")};
  PQconninfoFree(parsed);
  return Connection::open(options, Deadline::after(kConnect));
}

std::vector<std::string> statements_of(std::string_view text) {
  std::vector<std::string> all;
  std::string statement;
  for (const auto& line : base::lines(text)) {
    const auto words = base::trim(line);
    if (words.empty() || words.starts_with("--")) continue;
    statement += (statement.empty() ? "" : "\n") + std::string{words};
    if (!words.ends_with(';')) continue;
    statement.pop_back();
    all.push_back(std::exchange(statement, {}));
  }
  if (!statement.empty()) all.push_back(std::move(statement));
  return all;
}

std::vector<std::string> top_statements(const std::string& url) {
  auto connection = connect_to_url(url);
  if (!connection) return {};
  const auto* const sql =
      "SELECT query FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid WHERE datname = current_database() "
      "AND query ~* '^\\s*(select|with|insert|update|delete)' ORDER BY total_exec_time DESC LIMIT ";
  const auto rows = connection->query(sql + std::to_string(kTop), Deadline::after(kOneStatement));
  std::vector<std::string> all;
  if (rows)
    for (const auto& row : rows->rows) all.push_back(row[0].value_or(""));
  return all;
}

Json plans_of(const std::string& url, const std::vector<std::string>& statements) {
  Json all = Json::array();
  if (statements.empty()) return all;
  auto connection = connect_to_url(url);
  if (!connection) return all;
  for (const auto& statement : statements) all.push_back(plan_of(*connection, statement));
  return all;
}

Json compare_plans(const Json& before, const Json& after) {
  std::vector<Json> changed;
  for (std::size_t at = 0; at < std::min(before.size(), after.size()); ++at)
    if (const auto change = change_between(before[at], after[at]); !change.empty())
      changed.push_back({{"statement", before[at]["statement"]},
                         {"change", change},
                         {"lost_ms", lost_ms(before[at], after[at])},
                         {"before", before[at]},
                         {"after", after[at]}});
  std::ranges::stable_sort(changed, std::greater{}, [](const Json& row) { return row["lost_ms"].get<double>(); });
  return {{"compared", before.size()}, {"changed", changed}};
}

}  // namespace pgbaton::cli
