#include "cli/rehearsal_text.hpp"

#include "base/text.hpp"
#include "cli/json_view.hpp"
#include "cli/table.hpp"
#include "cli/upgrade_text.hpp"

namespace pgbaton::cli {

using base::Json;
using base::Millis;

namespace {

constexpr std::size_t kStatementWidth = 100;
constexpr std::size_t kMostStatements = 10;

std::string milliseconds(const Json& json, const char* field) {
  return part_at(json, field).is_number() || json.contains(field) ? base::humanise(Millis{number_at(json, field)}) : "";
}

std::string clients_text(const Json& clients) {
  if (const auto error = text_at(clients, "error"); !error.empty()) return "no client could write: " + error;
  const auto stall = part_at(clients, "stall");
  std::string text = fmt::format("longest wait {}", base::humanise(Millis{number_at(stall, "max_ms")}));
  if (const auto lost = number_at(clients, "lost"); lost > 0) text += fmt::format(", {} rows lost", lost);
  if (const auto cut = number_at(clients, "disconnects"); cut > 0) text += fmt::format(", {} disconnected", cut);
  return text;
}

std::string upgrades_text(const Json& report, const Console& console) {
  Table table{{{"UPGRADE"}, {"TOOK", Align::right}, {"CLIENTS"}, {""}}};
  for (const auto& upgrade : part_at(report, "upgrades")) {
    const bool done = text_at(upgrade, "state") == "finished";
    table.add({fmt::format("{} → {}", text_at(upgrade, "from"), text_at(upgrade, "to")),
               milliseconds(upgrade, "took_ms"),
               clients_text(part_at(upgrade, "clients")),
               {done ? "" : text_at(part_at(upgrade, "error"), "message"), Paint::bad}});
  }
  return table.empty() ? "" : table.render(console);
}

std::string changes_text(const Json& report) {
  std::string text;
  for (const auto& upgrade : part_at(report, "upgrades")) {
    const auto certificate = part_at(upgrade, "certificate");
    for (const auto* part : {"extensions", "rebuilt"})
      for (const auto& changed : part_at(certificate, part))
        text += fmt::format("  {}: {}\n", part, changed.is_string() ? changed.get<std::string>() : changed.dump());
  }
  return text.empty() ? "" : "\nChanged on the way:\n" + text;
}

std::string one_line(std::string statement) {
  std::ranges::replace(statement, '\n', ' ');
  return statement.size() <= kStatementWidth ? statement : statement.substr(0, kStatementWidth) + "…";
}

std::string plans_text(const Json& report, const Console& console) {
  const auto plans = part_at(report, "plans");
  if (!plans.is_object()) return {};
  Table table{{{"CHANGE"}, {"BEFORE", Align::right}, {"AFTER", Align::right}, {"STATEMENT"}}};
  std::size_t rows = 0;
  for (const auto& row : part_at(plans, "changed")) {
    if (++rows > kMostStatements) break;
    const auto ms = [&](const char* when) {
      const auto run = part_at(row, when).value("run_ms", Json{});
      return run.is_number() ? fmt::format("{:.1f} ms", run.get<double>()) : std::string{};
    };
    table.add(
        {{text_at(row, "change"), Paint::warning}, ms("before"), ms("after"), one_line(text_at(row, "statement"))});
  }
  const auto summary = fmt::format("\nPlans of {}: {} changed.\n",
                                   base::counted(static_cast<std::size_t>(number_at(plans, "compared")), "statement"),
                                   part_at(plans, "changed").size());
  return summary + (table.empty() ? "" : table.render(console));
}

std::string script_text(const Json& report, const char* field) {
  const auto script = part_at(report, field);
  if (!script.is_object()) return {};
  const auto status = number_at(script, "status");
  return fmt::format("\n{}: {} ({})\n", field == std::string_view{"test"} ? "Test" : "First deploy",
                     status == 0 ? "passed" : fmt::format("exit status {}", status), milliseconds(script, "took_ms"));
}

std::string stops_text(const Json& report, const Console& console) {
  std::string text;
  for (const auto& found : part_at(report, "preflight"))
    if (text_at(found, "verdict") != "clean")
      text += preflight_text(text_at(report, "of").empty() ? "the manifest's database" : text_at(report, "of"), found,
                             console) +
              "\n";
  return text;
}

}  // namespace

std::string rehearsal_text(const Json& report, const Console& console) {
  const auto outcome = text_at(report, "outcome");
  const bool passed = outcome == "passed";
  auto text = stops_text(report, console) + upgrades_text(report, console) + changes_text(report) +
              plans_text(report, console) + script_text(report, "first_deploy") + script_text(report, "test");
  text += fmt::format("\nRehearsal of the upgrade to {}: {}{}\n", text_at(report, "to"),
                      console.painted(passed ? Paint::good : Paint::bad, passed ? "passed" : outcome),
                      text_at(report, "error").empty() ? "" : ": " + text_at(report, "error"));
  if (flag_at(report, "kept"))
    text += fmt::format("{} is kept. `pgbaton url {}` prints how to connect; destroy it when you are done.\n",
                        text_at(report, "database"), text_at(report, "database"));
  return text;
}

std::string rehearsals_table(const Json& answer, const Console& console) {
  Table table{{{"ENDED"}, {"FROM"}, {"TO"}, {"RESULT"}, {"TOOK", Align::right}}};
  for (const auto& record : part_at(answer, "rehearsals")) {
    const auto report = part_at(record, "report");
    const bool passed = flag_at(record, "passed");
    table.add({short_time(text_at(record, "ended_at")),
               text_at(record, "from"),
               text_at(report, "to"),
               {text_at(report, "outcome"), passed ? Paint::good : Paint::bad},
               milliseconds(report, "took_ms")});
  }
  return table.empty() ? "There was no rehearsal yet.\n" : table.render(console);
}

int exit_status_of_rehearsal(const Json& report) {
  constexpr int kStopped = 4;
  constexpr int kFailed = 5;
  const auto outcome = text_at(report, "outcome");
  return outcome == "passed" ? 0 : outcome == "stopped" ? kStopped : kFailed;
}

}  // namespace pgbaton::cli
