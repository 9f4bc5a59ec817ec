// How long clients waited. Pure: the time comes from outside.
//
// A stall is the longest time that a client waited for one answer: from the moment it sent a statement until an answer
// came. When the connection breaks meanwhile, the client goes on waiting until the first answer in its next session.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/json.hpp"

namespace pgbaton::witness {

using Steady = std::chrono::steady_clock;

/// The waits of one client.
class StallClock {
 public:
  /// A statement goes out, or the connection is found broken; a wait that has begun goes on.
  void begin(Steady::time_point now);
  /// An answer came: how long it was waited for.
  Steady::duration answered(Steady::time_point now);
  /// Nothing is waited for any more; a wait that never ended counts as well.
  void finish(Steady::time_point now);
  [[nodiscard]] Steady::duration longest() const { return longest_; }

 private:
  std::optional<Steady::time_point> since_;
  Steady::duration longest_{};
};

struct Stall {
  std::int64_t max_ms = 0;  // over all clients
  std::int64_t p99_ms = 0;  // of the clients' longest waits, by nearest rank: the maximum with fewer than 100 clients
  bool operator==(const Stall&) const = default;
};
PGBATON_JSON(Stall, max_ms, p99_ms)

/// `longest`: of each client. Milliseconds are rounded.
[[nodiscard]] Stall summarise(std::vector<Steady::duration> longest);

}  // namespace pgbaton::witness
