// Time comes from outside in whatever decides: a Clock is passed down, deadlines rather than timeouts.
#pragma once

#include <chrono>
#include <string>

#include "base/result.hpp"

namespace pgbaton::base {

using Millis = std::chrono::milliseconds;
using WallTime = std::chrono::sys_time<Millis>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime now() const = 0;
};

/// A point on the monotonic clock by which something must have happened.
class Deadline {
 public:
  using Steady = std::chrono::steady_clock;
  static Deadline after(Millis duration) { return Deadline{Steady::now() + duration}; }
  [[nodiscard]] bool passed() const { return Steady::now() >= at_; }
  [[nodiscard]] Millis remaining() const {
    // Rounded up: a poll() of the last millisecond would spin with 0.
    const auto left = std::chrono::ceil<Millis>(at_ - Steady::now());
    return left < Millis{0} ? Millis{0} : left;
  }
  /// The earlier of this deadline and `duration` from now.
  [[nodiscard]] Deadline within(Millis duration) const { return Deadline{std::min(at_, Steady::now() + duration)}; }

 private:
  explicit Deadline(Steady::time_point at) : at_(at) {}
  Steady::time_point at_;
};

/// RFC 3339 in UTC with milliseconds: 2026-11-22T17:20:03.125Z
[[nodiscard]] std::string to_rfc3339(WallTime time);
/// "2026-11-22 17:20:03" of an RFC 3339 time, for people; UTC stays UTC.
[[nodiscard]] std::string short_time(std::string_view rfc3339);
[[nodiscard]] Result<WallTime> parse_rfc3339(std::string_view text);

/// "500ms", "5s", "2min", "1h": PostgreSQL's units of time; a bare number is milliseconds.
[[nodiscard]] Result<Millis> parse_duration(std::string_view text);

/// "850 ms", "3.2 s", "4 min 10 s": for people.
[[nodiscard]] std::string humanise(Millis duration);

}  // namespace pgbaton::base
