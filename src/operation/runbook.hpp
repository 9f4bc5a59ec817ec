// A runbook's rows as data: what is shown to people before, while and after it runs. The functions of the rows are in
// module runbooks.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "model/operation.hpp"

namespace pgbaton::operation {

struct Row {
  std::string_view name;  // stable: stored
  std::string_view text;  // a sentence for people
  model::Impact impact = model::Impact::none;
  base::Millis usual{0};  // estimate while this host has not finished any
  bool point_of_no_return = false;
};

/// The steps of a new operation. `history`: finished operations of the same kind, newest first; the estimate of a step
/// is the median of what it took in the newest ten.
[[nodiscard]] std::vector<model::Step> plan_steps(std::span<const Row> rows, std::span<const model::Operation> history);

/// What all steps, and those during which clients are not served, are expected to take: lowest to highest.
struct Estimate {
  base::Millis total_low{0};
  base::Millis total_high{0};
  base::Millis outage_low{0};
  base::Millis outage_high{0};
  bool learnt = false;  // from this host's operations, not from the rows' usual values
};
[[nodiscard]] Estimate estimate(std::span<const Row> rows, std::span<const model::Operation> history);
void to_json(base::Json& json, const Estimate& estimate);

}  // namespace pgbaton::operation
