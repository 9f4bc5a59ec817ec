#include "cli/operation_text.hpp"

#include <array>

#include "base/time.hpp"
#include "cli/json_view.hpp"
#include "cli/table.hpp"
#include "cli/text_layout.hpp"

namespace pgbaton::cli {

using base::Millis;
using model::Impact;
using model::Operation;
using model::OperationState;
using model::StepState;

namespace {

struct KindRow {
  std::string_view kind;
  std::string_view noun;
};
// A kind that is not here is shown by its own name.
constexpr std::array kNouns{KindRow{"create-single", "creation"},
                            KindRow{"create-cluster", "creation"},
                            KindRow{"minor-single", "minor-upgrade"},
                            KindRow{"minor-cluster", "minor-upgrade"},
                            KindRow{"major-single", "major-upgrade"},
                            KindRow{"hops", "upgrade over several versions"},
                            KindRow{"revert-single", "revert"},
                            KindRow{"major-cluster", "major-upgrade"},
                            KindRow{"revert-cluster", "revert"},
                            KindRow{"resize-nodes", "change of plan"},
                            KindRow{"resize-rolling", "change of plan"},
                            KindRow{"resize-restart", "change of plan"},
                            KindRow{"destroy", "deletion"},
                            KindRow{"backup", "backup"},
                            KindRow{"verify-backups", "verification"},
                            KindRow{"restore-new", "restore"},
                            KindRow{"restore-in-place", "restore"},
                            KindRow{"install-engine", "installation"},
                            KindRow{"qualify-engine", "qualification"}};

Paint paint_of_step(StepState state) {
  switch (state) {
    case StepState::finished:
      return Paint::good;
    case StepState::running:
      return Paint::strong;
    case StepState::failed:
      return Paint::bad;
    case StepState::undoing:
    case StepState::undone:
      return Paint::warning;
    case StepState::pending:
      break;
  }
  return Paint::dim;
}

std::string step_time(const model::Step& step) {
  if (step.actual_ms) return base::humanise(Millis{*step.actual_ms});
  return step.estimate_ms > 0 ? fmt::format("about {}", base::humanise(Millis{step.estimate_ms})) : "";
}

std::string head(const Operation& operation, const Console& console) {
  Table table{{{""}, {""}}};
  table.add({"operation", operation.id});
  table.add({"what", std::string{noun(operation.kind)}});
  table.add({"database", operation.database});
  table.add({"version", versions(operation)});
  table.add({"state", {std::string{to_string(operation.state)}, paint_of(operation.state)}});
  table.add({"started", short_time(operation.created_at)});
  table.add({"ended", short_time(operation.ended_at)});
  if (const auto took = duration(operation)) table.add({"took", base::humanise(*took)});
  if (const auto wait = outage(operation))
    table.add({were_held(operation) ? "clients waited" : "not served for", base::humanise(*wait)});
  if (operation.stall && operation.stall->sessions_moved > 0)
    table.add({"sessions moved", std::to_string(operation.stall->sessions_moved)});
  if (operation.stall && operation.stall->sessions_ended > 0)
    table.add({"sessions ended", std::to_string(operation.stall->sessions_ended)});
  return table.render(console);
}

}  // namespace

base::Result<Operation> read_operation(base::Json json) {
  if (json.is_object())
    for (auto at = json.begin(); at != json.end();) at = at->is_null() ? json.erase(at) : std::next(at);
  return base::convert<Operation>(json);
}

std::string_view noun(std::string_view kind) {
  const auto* row = std::ranges::find(kNouns, kind, &KindRow::kind);
  return row == kNouns.end() ? kind : row->noun;
}

std::string plain_version(std::string_view version) { return std::string{version.substr(0, version.find('-'))}; }

std::string versions(const Operation& operation) {
  if (operation.from.empty() || operation.from == operation.to) return operation.to;
  return operation.to.empty() ? operation.from : fmt::format("{} → {}", operation.from, operation.to);
}

std::string title(const Operation& operation) {
  std::string text{noun(operation.kind)};
  if (operation.database.empty()) return operation.to.empty() ? text : fmt::format("{} of {}", text, operation.to);
  text += " of " + operation.database;
  if (operation.to.empty()) return text;
  if (operation.from.empty() || operation.from == operation.to)
    return fmt::format("{} with PostgreSQL {}", text, operation.to);
  return fmt::format("{} from {} to {}", text, operation.from, operation.to);
}

std::optional<Millis> outage(const Operation& operation) {
  if (operation.stall) return Millis{operation.stall->max_ms};
  std::int64_t total = 0;
  bool any = false;
  for (const auto& step : operation.steps) {
    if (step.impact != Impact::down || !step.actual_ms) continue;
    any = true;
    total += *step.actual_ms;
  }
  return any ? std::optional{Millis{total}} : std::nullopt;
}

bool were_held(const Operation& operation) {
  return std::ranges::none_of(operation.steps, [](const auto& step) { return step.impact == Impact::down; });
}

std::string waited_text(const Operation& operation) {
  std::string text;
  if (const auto wait = outage(operation); wait && *wait > Millis{0})
    text +=
        (were_held(operation) ? " Clients stayed connected and waited for up to " : " Clients were not served for ") +
        base::humanise(*wait);
  const int ended = operation.stall ? operation.stall->sessions_ended : 0;
  if (ended > 0)
    text += fmt::format("; {} {} ended", base::counted(static_cast<std::size_t>(ended), "session"),
                        ended == 1 ? "was" : "were");
  return text.empty() || text.ends_with('.') ? text : text + ".";
}

std::optional<Millis> duration(const Operation& operation) {
  const auto begun = base::parse_rfc3339(operation.created_at);
  const auto ended = base::parse_rfc3339(operation.ended_at);
  if (!begun || !ended) return std::nullopt;
  return *ended - *begun;
}

int exit_status(OperationState state) {
  if (state == OperationState::finished) return 0;
  return state == OperationState::user_error ? 4 : 5;
}

base::Error failure(const Operation& operation) {
  const bool cancelled = operation.state == OperationState::cancelled;
  const auto error = operation.error.value_or(model::Failure{.code = cancelled ? "cancelled" : "failed"});
  std::string message = fmt::format("the {} {}", title(operation), cancelled ? "was cancelled" : "failed");
  if (!error.message.empty()) message += ": " + error.message;
  if (!error.in_service.empty()) message += "\n" + error.in_service;
  const auto code = base::code_named(error.code);
  std::string remedy = error.remedy;
  if (remedy.empty()) remedy = fmt::format("`pgbaton operation {}` shows its steps.", operation.id);
  return {code, message, remedy};
}

Paint paint_of(OperationState state) {
  switch (state) {
    case OperationState::finished:
      return Paint::good;
    case OperationState::error:
    case OperationState::user_error:
      return Paint::bad;
    case OperationState::cancelling:
    case OperationState::cancelled:
      return Paint::warning;
    case OperationState::pending:
    case OperationState::running:
      break;
  }
  return Paint::strong;
}

std::string_view impact_text(Impact impact) {
  switch (impact) {
    case Impact::none:
      return "served";
    case Impact::degraded:
      return "served, slower";
    case Impact::stall:
      return "wait";
    case Impact::down:
      return "not served";
  }
  return "";
}

std::string describe(const Operation& operation, const Console& console) {
  std::string text = head(operation, console);
  Table steps{{{"", Align::right}, {"STEP"}, {"STATE"}, {"CLIENTS"}, {"TIME", Align::right}, {"WHAT"}}};
  int number = 0;
  for (const auto& step : operation.steps)
    steps.add({std::to_string(++number),
               step.name,
               {std::string{to_string(step.state)}, paint_of_step(step.state)},
               std::string{impact_text(step.impact)},
               step_time(step),
               step.text});
  if (!steps.empty()) text += "\n" + steps.render(console);
  if (!operation.error) return text;
  const auto error = failure(operation);
  return text + fmt::format("\n{}\n{}\n", capitalised(error.message), error.remedy);
}

}  // namespace pgbaton::cli
