// The machine's clock.
#pragma once

#include "base/time.hpp"

namespace pgbaton::system {

class SystemClock final : public base::Clock {
 public:
  [[nodiscard]] base::WallTime now() const override {
    return std::chrono::floor<base::Millis>(std::chrono::system_clock::now());
  }
};

[[nodiscard]] inline base::WallTime now() { return SystemClock{}.now(); }
/// Time now as RFC 3339.
[[nodiscard]] inline std::string timestamp() { return base::to_rfc3339(now()); }

}  // namespace pgbaton::system
