#include "gateway/frozen.hpp"

#include <latch>

namespace pgbaton::gateway {

struct Frozen::Signals {
  explicit Signals(std::size_t loops) : standing(static_cast<std::ptrdiff_t>(loops)) {}
  std::latch standing;
  std::latch thaw{1};
};

Frozen::Frozen(Loops& loops) : signals_(std::make_shared<Signals>(loops.count())) {
  for (std::size_t i = 0; i < loops.count(); ++i)
    loops.at(i).post([signals = signals_] {
      signals->standing.count_down();
      signals->thaw.wait();
    });
  signals_->standing.wait();
}

Frozen::~Frozen() { signals_->thaw.count_down(); }

}  // namespace pgbaton::gateway
