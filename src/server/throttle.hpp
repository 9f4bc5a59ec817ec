// How often somebody may try to sign in: pure but for its memory, of which it keeps a bounded amount. The time comes
// from outside. Called by one thread at a time.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "base/time.hpp"

namespace pgbaton::server {

class Throttle {
 public:
  /// How long `who` has to wait before the next try; zero: none.
  [[nodiscard]] base::Millis wait_of(const std::string& who, base::WallTime now) const;
  void note_failure(const std::string& who, base::WallTime now);
  void forget(const std::string& who) { failures_.erase(who); }

 private:
  std::map<std::string, std::deque<base::WallTime>> failures_;
};

}  // namespace pgbaton::server
