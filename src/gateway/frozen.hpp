// All loops of a process standing still: nothing is accepted, read or written, no timer fires. While it lives any
// thread may look at what belongs to the loops; then they go on where they were, as if nothing had been.
#pragma once

#include "gateway/gateway.hpp"

namespace pgbaton::gateway {

class Frozen {
 public:
  /// Waits until the last loop has come to the end of what it was doing.
  explicit Frozen(Loops& loops);
  ~Frozen();
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  struct Signals;
  std::shared_ptr<Signals> signals_;
};

}  // namespace pgbaton::gateway
