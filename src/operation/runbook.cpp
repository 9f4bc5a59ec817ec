#include "operation/runbook.hpp"

#include <algorithm>

namespace pgbaton::operation {
namespace {

constexpr std::size_t kRemembered = 10;

// What the step of this name took in the newest finished operations.
std::vector<std::int64_t> durations(std::string_view name, std::span<const model::Operation> history) {
  std::vector<std::int64_t> found;
  for (const auto& operation : history.first(std::min(history.size(), kRemembered)))
    for (const auto& step : operation.steps)
      if (step.name == name && step.state == model::StepState::finished && step.actual_ms)
        found.push_back(*step.actual_ms);
  std::ranges::sort(found);
  return found;
}

bool clients_wait(model::Impact impact) { return impact == model::Impact::down || impact == model::Impact::stall; }

}  // namespace

std::vector<model::Step> plan_steps(std::span<const Row> rows, std::span<const model::Operation> history) {
  std::vector<model::Step> steps;
  for (const auto& row : rows) {
    const auto known = durations(row.name, history);
    steps.push_back({.name = std::string{row.name},
                     .text = std::string{row.text},
                     .impact = row.impact,
                     .point_of_no_return = row.point_of_no_return,
                     .estimate_ms = known.empty() ? row.usual.count() : known[known.size() / 2]});
  }
  return steps;
}

Estimate estimate(std::span<const Row> rows, std::span<const model::Operation> history) {
  Estimate sum;
  for (const auto& row : rows) {
    const auto known = durations(row.name, history);
    // Nothing known: half to four times what is usual.
    const base::Millis low = known.empty() ? row.usual / 2 : base::Millis{known.front()};
    const base::Millis high = known.empty() ? row.usual * 4 : base::Millis{known.back()};
    sum.learnt = sum.learnt || !known.empty();
    sum.total_low += low;
    sum.total_high += high;
    if (!clients_wait(row.impact)) continue;
    sum.outage_low += low;
    sum.outage_high += high;
  }
  return sum;
}

void to_json(base::Json& json, const Estimate& estimate) {
  json = {{"total_ms", {estimate.total_low.count(), estimate.total_high.count()}},
          {"outage_ms", {estimate.outage_low.count(), estimate.outage_high.count()}},
          {"learnt", estimate.learnt}};
}

}  // namespace pgbaton::operation
