// The end of a run: asked for by one thread, seen by all. A statement that is on its way then may still be answered for
// a while, so that a server that is just being replaced is waited for.
#pragma once

#include <atomic>
#include <chrono>

namespace pgbaton::witness {

class End {
 public:
  void begin() { begun_ = true; }
  void ask() { asked_at_ = now(); }
  [[nodiscard]] bool asked() const { return asked_at_ != 0; }
  /// No answer is waited for any more: the end is long past, or the beginning does not come.
  [[nodiscard]] bool overdue() const {
    if (asked()) return now() - asked_at_ > kPatience.count();
    return !begun_ && now() - made_at_ > kPatience.count();
  }

 private:
  using Steady = std::chrono::steady_clock;
  static constexpr std::chrono::nanoseconds kPatience = std::chrono::seconds{30};
  static std::int64_t now() { return std::chrono::nanoseconds{Steady::now().time_since_epoch()}.count(); }
  std::int64_t made_at_ = now();
  std::atomic<bool> begun_{false};
  std::atomic<std::int64_t> asked_at_{0};  // 0: not yet
};

}  // namespace pgbaton::witness
