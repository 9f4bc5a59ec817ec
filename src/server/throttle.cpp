#include "server/throttle.hpp"

namespace pgbaton::server {

namespace {

constexpr std::size_t kTries = 8;                // within the window
constexpr base::Millis kWindow{5 * 60 * 1'000};  // of 5 minutes
constexpr std::size_t kRemembered = 10'000;      // names and addresses; when there are more all are forgotten

}  // namespace

base::Millis Throttle::wait_of(const std::string& who, base::WallTime now) const {
  const auto found = failures_.find(who);
  if (found == failures_.end() || found->second.size() < kTries) return {};
  const auto free_at = found->second.front() + kWindow;
  return free_at > now ? std::chrono::duration_cast<base::Millis>(free_at - now) : base::Millis{};
}

void Throttle::note_failure(const std::string& who, base::WallTime now) {
  if (failures_.size() >= kRemembered && !failures_.contains(who)) failures_.clear();
  auto& times = failures_[who];
  times.push_back(now);
  if (times.size() > kTries) times.pop_front();
}

}  // namespace pgbaton::server
