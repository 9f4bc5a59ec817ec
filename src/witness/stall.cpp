#include "witness/stall.hpp"

#include <algorithm>

namespace pgbaton::witness {

void StallClock::begin(Steady::time_point now) {
  if (!since_) since_ = now;
}

Steady::duration StallClock::answered(Steady::time_point now) {
  const auto waited = now - since_.value_or(now);
  since_.reset();
  longest_ = std::max(longest_, waited);
  return waited;
}

void StallClock::finish(Steady::time_point now) { answered(now); }

Stall summarise(std::vector<Steady::duration> longest) {
  if (longest.empty()) return {};
  std::ranges::sort(longest);
  const auto rank = (longest.size() * 99 + 99) / 100;  // the smallest that 99 of 100 do not exceed
  const auto rounded = [](Steady::duration wait) { return std::chrono::round<base::Millis>(wait).count(); };
  return {.max_ms = rounded(longest.back()), .p99_ms = rounded(longest[rank - 1])};
}

}  // namespace pgbaton::witness
