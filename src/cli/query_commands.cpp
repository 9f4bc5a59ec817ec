#include "cli/query_commands.hpp"

#include "base/text.hpp"
#include "cli/api.hpp"
#include "cli/json_view.hpp"
#include "cli/table.hpp"
#include "system/clock.hpp"

namespace pgbaton::cli {

using base::Json;
using base::Result;

namespace {

constexpr std::string_view kLookingAtDatabases = "Looking at databases";
constexpr std::size_t kLongestStatement = 200;

/// A statement on one line: blanks and line ends become one blank each; control characters do nothing to a terminal.
std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    if (is_blank && (line.empty() || line.back() == ' ')) continue;
    line += is_blank ? ' ' : c;
  }
  if (line.size() <= kLongestStatement) return line;
  line.resize(kLongestStatement);
  const auto is_part = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; };
  while (!line.empty() && is_part(line.back())) line.pop_back();  // no half of a character
  if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xc0U) line.pop_back();
  return line + " …";
}

std::string how_long(const Json& query, base::WallTime now) {
  const auto began = base::parse_rfc3339(text_at(query, "began"));
  return began ? base::humanise(std::max(base::Millis{0}, now - *began)) : std::string{};
}

void declare_queries(Declaration& declaration) {
  declaration.name();
  declaration.text("--cancel", "PID", &Options::pid, "Cancel what this backend runs; its session goes on");
}

Result<int> cancel(const Options& options, const Context& context, const std::string& path) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post(fmt::format("{}/{}/cancel", path, encoded(options.pid))));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << fmt::format("The statement of backend {} is cancelled; its session goes on.\n", options.pid);
  return 0;
}

Result<int> run_queries(const Options& options, const Context& context) {
  const auto path = TRY(database_path(options.name, "/queries"));
  if (!options.pid.empty()) return cancel(options, context, path);
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.get(path));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << queries_text(answer, context.console);
  return 0;
}

std::string running_text(const Json& answer, const Console& console) {
  const auto now = system::now();
  Table table{{{"PID", Align::right},
               {"USER"},
               {"APPLICATION"},
               {"CLIENT"},
               {"STATE"},
               {"WAITS FOR"},
               {"FOR", Align::right},
               {"STATEMENT"}}};
  for (const auto& query : part_at(answer, "queries"))
    table.add({text_at(query, "pid"), text_at(query, "user"), text_at(query, "application_name"),
               text_at(query, "client"), text_at(query, "state"), text_at(query, "wait_event"), how_long(query, now),
               on_one_line(text_at(query, "text"))});
  return table.empty() ? "Nothing runs just now.\n" : table.render(console);
}

std::string statements_text(const Json& statements, const Console& console) {
  if (!flag_at(statements, "available")) {
    auto text = "\n" + text_at(statements, "why") + "\n";
    for (const auto& step : part_at(statements, "how")) text += "    " + step.get<std::string>() + "\n";
    return text;
  }
  Table table{{{"TOTAL", Align::right},
               {"CALLS", Align::right},
               {"MEAN", Align::right},
               {"ROWS", Align::right},
               {"USER"},
               {"STATEMENT"}}};
  for (const auto& one : part_at(statements, "top"))
    table.add({base::humanise(base::Millis{static_cast<std::int64_t>(one.value("total_ms", 0.0))}),
               text_at(one, "calls"), fmt::format("{:.2f} ms", one.value("mean_ms", 0.0)), text_at(one, "rows"),
               text_at(one, "user"), on_one_line(text_at(one, "text"))});
  return table.empty() ? "" : "\nStatements that took most of the time:\n" + table.render(console);
}

}  // namespace

std::string queries_text(const Json& answer, const Console& console) {
  return running_text(answer, console) + statements_text(answer.value("statements", Json::object()), console);
}

std::vector<Command> query_commands() {
  return {
      {kLookingAtDatabases,
       "queries",
       "NAME [--cancel PID]",
       "What its sessions run just now, and what took most of the time",
       "Of the primary, without idle sessions; `pgbaton sessions` has those too. The statements that took most of the "
       "time come from pg_stat_statements; where it is not on, the answer says how to get it. With --cancel the "
       "statement of one backend ends with SQLSTATE 57014, and its session goes on.",
       {{"pgbaton queries shop", ""}, {"pgbaton queries shop --cancel 4711", ""}},
       declare_queries,
       run_queries},
  };
}

}  // namespace pgbaton::cli
