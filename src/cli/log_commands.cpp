#include "cli/log_commands.hpp"

#include <thread>

#include "api/log.hpp"
#include "cli/api.hpp"
#include "cli/json_view.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;

namespace {

constexpr base::Millis kLogPause{1'000};      // between two questions of --follow
constexpr base::Millis kLogPatience{60'000};  // for a server that does not answer meanwhile
constexpr std::size_t kLongestLevel = 7;      // WARNING

struct LogText {
  const char* field;
  std::string_view label;
};
constexpr std::array kLogTexts{LogText{"detail", "DETAIL"}, LogText{"hint", "HINT"}, LogText{"query", "QUERY"},
                               LogText{"context", "CONTEXT"}, LogText{"statement", "STATEMENT"}};

/// Lines stay lines, indented. U+0080 to U+009F are control characters too.
std::string harmless(std::string_view text) {
  std::string shown;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool is_second = byte == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0;
    if (byte == '\n')
      shown += "\n      ";
    else if (byte == '\t')
      shown += ' ';
    else if (byte < ' ' || byte == 0x7f || is_second)
      shown += "?";
    else
      shown += text[at];
    if (is_second) ++at;
  }
  return shown;
}

Paint paint_of(const Json& entry) {
  const auto level = api::level_of(text_at(entry, "level"));
  if (level >= api::LogLevel::error) return Paint::bad;
  return level == api::LogLevel::warning ? Paint::warning : Paint::dim;
}

/// "shop@shop psql", or the process that said it.
std::string who_said(const Json& entry) {
  const auto user = text_at(entry, "user");
  if (user.empty()) return fmt::format("[{}]", text_at(entry, "pid"));
  const auto application = text_at(entry, "application_name");
  return fmt::format("[{}] {}@{}{}{}", text_at(entry, "pid"), user, text_at(entry, "database"),
                     application.empty() ? "" : " ", application);
}

std::string when_said(const Json& entry) {
  auto time = text_at(entry, "time");
  if (time.size() < 24) return std::string(23, ' ');
  time[10] = ' ';
  time.resize(23);
  return time;
}

std::string entry_text(const Json& entry, bool with_node, const Console& console) {
  const auto level = text_at(entry, "level");
  auto text = when_said(entry) + "  " + (with_node ? text_at(entry, "node") + "  " : "") +
              console.painted(paint_of(entry), level.empty() ? "-" : level) +
              std::string(kLongestLevel - std::min(kLongestLevel, std::max<std::size_t>(1, level.size())), ' ') + "  " +
              console.painted(Paint::dim, harmless(who_said(entry))) + "  " + harmless(text_at(entry, "message"));
  if (const auto code = text_at(entry, "sqlstate"); !code.empty())
    text += console.painted(Paint::dim, " (" + code + ")");
  text += '\n';
  for (const auto& [field, label] : kLogTexts)
    if (const auto more = text_at(entry, field); !more.empty())
      text += fmt::format("    {}: {}\n", label, harmless(more));
  return text;
}

void declare_logs(Declaration& declaration) {
  declaration.name();
  declaration.text("--node", "NODE", &Options::node, "Of this node only: its name, or the number at the name's end");
  declaration.text("--since", "TIME", &Options::since,
                   "What was logged since then: 2026-11-22T17:20:03Z, or how long ago, like 15min or 2h");
  declaration.text("--lines,-n", "N", &Options::lines,
                   "The newest N entries; 100 without it, 5000 with --since, which is the most");
  declaration.text("--level", "LEVEL", &Options::level, "This and worse: LOG, WARNING, ERROR, FATAL or PANIC");
  declaration.text("--grep", "TEXT", &Options::grep, "Entries that have this text somewhere, whatever its case");
  declaration.flag("--follow,-f", &Options::follow, "Go on with what is logged from now on, until Ctrl-C");
}

/// `path` with one more parameter of its query; without it when the value is empty.
std::string with_parameter(const std::string& path, const char* name, const std::string& value) {
  if (value.empty()) return path;
  return fmt::format("{}{}{}={}", path, path.find('?') == std::string::npos ? "?" : "&", name, encoded(value));
}

class LogPrinter {
 public:
  LogPrinter(const Options& options, const Console& console) : options_(options), console_(console) {}

  void print(const Json& answer) {
    const auto nodes = part_at(answer, "nodes");
    for (const auto& node : nodes) note_problem(node);
    const auto entries = part_at(answer, "entries");
    if (!options_.json)
      console_.out << log_lines(entries, nodes.size() > 1, console_) << std::flush;
    else if (options_.follow)
      for (const auto& entry : entries)
        console_.out << entry.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
    else
      console_.print(answer);
  }

  void note_what_is_left_out(const Json& answer) const {
    if (!flag_at(answer, "cut") || options_.since.empty() || options_.json) return;
    console_.err << fmt::format("These are the newest {}; older ones are left out.\n",
                                part_at(answer, "entries").size());
  }

 private:
  // Once for as long as it lasts.
  void note_problem(const Json& node) {
    auto& known = problems_[text_at(node, "name")];
    const auto problem = text_at(node, "problem");
    if (!problem.empty() && known.empty() && !options_.json)
      console_.err << fmt::format("{} is missing here: {}\n", text_at(node, "name"), problem);
    known = problem;
  }

  const Options& options_;
  const Console& console_;
  std::map<std::string, std::string> problems_;
};

/// Until the reader has gone; a server that is away for a moment is waited for.
Result<int> follow_log(const Api& api, const std::string& path, std::string cursor, bool is_behind, LogPrinter& printer,
                       const Console& console) {
  auto give_up = base::Deadline::after(kLogPatience);
  while (console.out) {
    if (!is_behind) std::this_thread::sleep_for(kLogPause);
    const auto answer = api.get(with_parameter(path, "after", cursor));
    if (!answer) {
      if (answer.error().code != Code::unreachable || give_up.passed()) return std::unexpected(answer.error());
      is_behind = false;
      continue;
    }
    give_up = base::Deadline::after(kLogPatience);
    printer.print(*answer);
    cursor = text_at(*answer, "cursor");
    is_behind = flag_at(*answer, "cut");
  }
  return 0;
}

Result<int> run_logs(const Options& options, const Context& context) {
  auto path = TRY(database_path(options.name, "/logs"));
  path = with_parameter(path, "node", options.node);
  path = with_parameter(path, "level", options.level);
  path = with_parameter(path, "text", options.grep);
  const auto api = TRY(Api::find(options, context.environment));
  auto first = with_parameter(path, "since", options.since);
  first = with_parameter(first, "lines", options.lines);
  const auto answer = TRY(api.get(first));
  LogPrinter printer{options, context.console};
  printer.print(answer);
  printer.note_what_is_left_out(answer);
  if (!options.follow) return 0;
  return follow_log(api, path, text_at(answer, "cursor"), false, printer, context.console);
}

}  // namespace

std::string log_lines(const Json& entries, bool with_node, const Console& console) {
  std::string text;
  for (const auto& entry : entries) text += entry_text(entry, with_node, console);
  return text;
}

std::vector<Command> log_commands() {
  return {
      {"Looking at databases",
       "logs",
       "NAME [--node NODE] [--since TIME] [--lines N] [--level LEVEL] [--grep TEXT] [--follow]",
       "What PostgreSQL has logged, of all nodes or one",
       "Times are UTC. A node keeps the last 100 MB and 7 days. Errors come with the statement that had them, and data "
       "may be in it; passwords are left out. With --follow a server that is away is waited for, a minute at most; "
       "with --json too each entry is one line.",
       {{"pgbaton logs shop", "the newest 100 entries"},
        {"pgbaton logs shop --level ERROR --since 2h", ""},
        {"pgbaton logs shop --follow --grep deadlock", ""}},
       declare_logs,
       run_logs},
  };
}

}  // namespace pgbaton::cli
