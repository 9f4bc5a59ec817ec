#include "gateway/pump.hpp"

#include "gateway/passing.hpp"

namespace pgbaton::gateway {
namespace {

constexpr int kPumpTurns = 16;
constexpr base::Millis kLastWords{10'000};  // for a client that reads slowly what its session said last

}  // namespace

void Pump::begin(Stream outside, std::string unsent, system::Fd inside) {
  outside_.open(std::move(outside));
  outside_.unsent = std::move(unsent);
  outside_.readable = true;  // OpenSSL may have bytes that no event will tell of
  inside_.open(std::move(inside));
}

void Pump::on_ready(Leg&) { pass(); }

void Pump::pass() {
  for (int turn = 0; outside_.is_open(); ++turn) {
    if (turn == kPumpTurns)
      return loop_.post([this, alive = alive_] {
        if (*alive) pass();
      });
    const bool out = pass_some(loop_, inside_, outside_);
    const bool in = pass_some(loop_, outside_, inside_);
    if (!out && !in) break;
  }
  if (!outside_.is_open()) return;
  if (outside_.ended || (inside_.ended && outside_.unsent.empty())) return close();
  if (inside_.ended && !std::exchange(is_last_, true))
    loop_.after(kLastWords, [this, alive = alive_] {
      if (*alive && outside_.is_open()) close();
    });
}

void Pump::close() {
  outside_.close();
  inside_.close();
  done_(*this);
}

void Pumps::add(Loop& loop, Stream outside, std::string unsent, system::Fd inside) {
  const auto done = [this, &loop](Pump& pump) {
    loop.later([this, &pump] {
      const std::scoped_lock lock{mutex_};
      std::erase_if(pumps_, [&](const auto& each) { return each.get() == &pump; });
      count_ = pumps_.size();
    });
  };
  const std::scoped_lock lock{mutex_};
  pumps_.push_back(std::make_unique<Pump>(loop, done));
  count_ = pumps_.size();
  pumps_.back()->begin(std::move(outside), std::move(unsent), std::move(inside));
}

}  // namespace pgbaton::gateway
