#include "system/pause.hpp"

#include <condition_variable>
#include <mutex>

namespace pgbaton::system {

bool pause(const std::stop_token& stop, base::Millis duration) {
  std::mutex mutex;
  std::condition_variable_any sleeper;
  std::unique_lock lock{mutex};
  sleeper.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace pgbaton::system
