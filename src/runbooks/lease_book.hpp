// What primaries on other hosts were granted, and until when at most they may still write. Filled by the thread that
// renews leases, asked by failovers. In memory: a server that starts takes it that everything was granted just then.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace pgbaton::runbooks {

class LeaseBook {
 public:
  using Steady = std::chrono::steady_clock;

  /// Those of `primaries` that may be granted now. `since`: when the answer had come whose clock the renewal repeats.
  [[nodiscard]] std::vector<std::string> grant(const std::vector<std::string>& primaries, Steady::time_point since);
  /// It gets none from here on.
  void revoke(const std::string& instance);
  /// It is to be a primary again.
  void allow(const std::string& instance);
  /// When an agent that runs has stopped it, if it has not been granted anything since.
  [[nodiscard]] Steady::time_point stopped_by(const std::string& instance) const;

 private:
  const Steady::time_point start_ = Steady::now();
  mutable std::mutex mutex_;
  std::map<std::string, Steady::time_point> granted_;  // guarded by mutex_
  std::set<std::string> revoked_;                      // guarded by mutex_
};

}  // namespace pgbaton::runbooks
