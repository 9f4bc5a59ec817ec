#include "cli/progress_view.hpp"

#include <cmath>

#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/text_layout.hpp"

namespace pgbaton::cli {

using base::Json;
using base::Millis;
using model::Step;
using model::StepState;

namespace {

struct StateWord {
  std::string_view word;
  Paint paint;
};

StateWord word_of(StepState state) {
  switch (state) {
    case StepState::finished:
      return {"done", Paint::good};
    case StepState::running:
      return {"now", Paint::strong};
    case StepState::failed:
      return {"failed", Paint::bad};
    case StepState::undoing:
      return {"undo", Paint::warning};
    case StepState::undone:
      return {"undone", Paint::warning};
    case StepState::pending:
      break;
  }
  return {"", Paint::dim};
}

std::string time_text(const Step& step, base::WallTime now) {
  if (step.actual_ms) return base::humanise(Millis{*step.actual_ms});
  const auto usual = step.estimate_ms > 0 ? fmt::format("about {}", base::humanise(Millis{step.estimate_ms})) : "";
  if (step.state != StepState::running) return step.state == StepState::pending ? usual : "";
  const auto begun = base::parse_rfc3339(step.started_at);
  if (!begun) return usual;
  const auto passed = std::chrono::floor<std::chrono::seconds>(std::max(now - *begun, Millis{0}));
  return fmt::format("{} s{}{}", passed.count(), usual.empty() ? "" : " of ", usual);
}

// Of the whole operation, counting each step alike: good enough for a bar.
double overall(const Followed& followed) {
  if (followed.operation.steps.empty()) return 0;
  if (model::has_ended(followed.operation.state)) return 1;
  double done = 0;
  for (const auto& step : followed.operation.steps) {
    if (step.state == StepState::finished) done += 1;
    if (step.state == StepState::running) done += followed.fraction.value_or(0);
  }
  return done / static_cast<double>(followed.operation.steps.size());
}

const Step* current_step(const model::Operation& operation) {
  const auto at = std::ranges::find_if(operation.steps, [](const Step& step) {
    return step.state == StepState::running || step.state == StepState::undoing;
  });
  return at == operation.steps.end() ? nullptr : &*at;
}

std::string doing(const Followed& followed) {
  if (model::has_ended(followed.operation.state)) return std::string{to_string(followed.operation.state)};
  if (!followed.phase.empty()) return followed.phase;
  const auto* step = current_step(followed.operation);
  return step == nullptr ? "waiting" : step->text;
}

std::string step_news(const model::Operation& operation, std::size_t at) {
  const auto& step = operation.steps[at];
  const auto place = fmt::format("step {} of {}", at + 1, operation.steps.size());
  switch (step.state) {
    case StepState::running:
      return fmt::format("{} started: {}", place, step.text);
    case StepState::finished:
      return step.actual_ms
                 ? fmt::format("{} finished in {}: {}", place, base::humanise(Millis{*step.actual_ms}), step.text)
                 : fmt::format("{} finished: {}", place, step.text);
    case StepState::failed:
      return fmt::format("{} failed: {}", place, step.text);
    case StepState::undoing:
      return fmt::format("{} is being undone: {}", place, step.text);
    case StepState::undone:
      return fmt::format("{} was undone: {}", place, step.text);
    case StepState::pending:
      break;
  }
  return {};
}

}  // namespace

void apply(Followed& followed, const Json& update) {
  if (auto operation = read_operation(part_at(update, "operation"))) followed.operation = std::move(*operation);
  followed.phase.clear();
  followed.fraction.reset();
  if (const auto progress = part_at(update, "progress"); progress.is_object()) {
    followed.phase = text_at(progress, "phase");
    if (progress.contains("fraction") && progress["fraction"].is_number())
      followed.fraction = std::clamp(progress["fraction"].get<double>(), 0.0, 1.0);
  }
  // A stream that was taken up again may repeat what we have.
  for (const auto& event : part_at(update, "events")) {
    const auto kind = text_at(event, "kind");
    auto message = text_at(event, "message");
    message.resize(std::min(message.size(), message.find('\n')));  // the rest is in the operation's error
    if ((kind == "note" || kind == "alarm") && std::ranges::find(followed.remarks, message) == followed.remarks.end())
      followed.remarks.push_back(std::move(message));
  }
}

std::string bar(double fraction, std::size_t cells) {
  const auto full = static_cast<std::size_t>(std::lround(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(cells)));
  return fmt::format("[{}{}]", std::string(full, '#'), std::string(cells - full, '-'));
}

std::vector<std::string> step_lines(const Followed& followed, base::WallTime now, const Console& console) {
  const auto& operation = followed.operation;
  if (operation.id.empty()) return {"Waiting for the server"};
  constexpr std::size_t kWord = 6;
  constexpr std::size_t kCells = 24;
  std::vector<std::string> block{fmt::format("{} (operation {}{})", capitalised(title(operation)), operation.id,
                                             model::has_ended(operation.state) ? "" : "; Ctrl-C leaves it running")};
  std::size_t widest = 0;
  for (const auto& step : operation.steps) widest = std::max(widest, display_width(step.text));
  constexpr std::size_t kTimes = 24;
  if (console.width > kTimes + kWord + 20) widest = std::min(widest, console.width - kTimes - kWord);
  for (const auto& step : operation.steps) {
    const auto [word, paint] = word_of(step.state);
    const auto text = padded(shortened(step.text, widest), widest);
    block.push_back(fmt::format("  {} {}  {}", console.painted_progress(paint, padded(word, kWord)),
                                step.state == StepState::pending ? console.painted_progress(Paint::dim, text) : text,
                                console.painted_progress(Paint::dim, time_text(step, now))));
    if (&step != current_step(operation) || (!followed.fraction && followed.phase.empty())) continue;
    const auto drawn = followed.fraction
                           ? fmt::format("{} {:3.0f} %  ", bar(*followed.fraction, kCells), *followed.fraction * 100)
                           : "";
    block.push_back(fmt::format("  {} {}{}", std::string(kWord, ' '), drawn, followed.phase));
  }
  for (const auto& remark : followed.remarks) block.push_back("  " + remark);
  return block;
}

std::string bar_line(const Followed& followed, std::size_t label_width, const Console& console) {
  constexpr std::size_t kCells = 24;
  const auto fraction = overall(followed);
  return fmt::format("{}  {} {:3.0f} %  {}", padded(followed.label, label_width), bar(fraction, kCells), fraction * 100,
                     console.painted_progress(paint_of(followed.operation.state), doing(followed)));
}

std::vector<std::string> news(const Followed& before, const Followed& after) {
  std::vector<std::string> lines;
  const auto say = [&](std::string_view text) { lines.push_back(fmt::format("{}: {}", after.label, text)); };
  for (std::size_t at = 0; at < after.operation.steps.size(); ++at) {
    const auto old = at < before.operation.steps.size() ? before.operation.steps[at].state : StepState::pending;
    if (old != after.operation.steps[at].state) say(step_news(after.operation, at));
  }
  for (auto at = before.remarks.size(); at < after.remarks.size(); ++at) say(after.remarks[at]);
  return lines;
}

void ProgressView::show(const std::vector<Followed>& lines, base::WallTime now) {
  if (console_.err_terminal) {
    std::size_t label_width = 0;
    for (const auto& line : lines) label_width = std::max(label_width, display_width(line.label));
    std::vector<std::string> block;
    for (const auto& line : lines) {
      if (shape_ == Shape::bar)
        block.push_back(bar_line(line, label_width, console_));
      else
        std::ranges::copy(step_lines(line, now, console_), std::back_inserter(block));
    }
    paint(block);
  } else if (!console_.json) {
    before_.resize(lines.size());
    for (std::size_t at = 0; at < lines.size(); ++at)
      for (const auto& line : news(before_[at], lines[at])) console_.err << line << '\n';
    console_.err << std::flush;
  }
  before_ = lines;
}

void ProgressView::paint(const std::vector<std::string>& block) {
  if (block == painted_) return;
  std::string text;
  if (!painted_.empty()) text += fmt::format("\x1b[{}A", painted_.size());
  // A line that the terminal breaks would make the cursor go up too little the next time.
  const auto width = console_.width == 0 ? 0 : console_.width - 1;
  for (const auto& line : block)
    text += "\x1b[2K" + (width > 0 && display_width(line) > width ? shortened(line, width) + "\x1b[0m" : line) + "\n";
  text += "\x1b[0J";  // what an earlier, longer block left below
  console_.err << text << std::flush;
  painted_ = block;
}

}  // namespace pgbaton::cli
