// SIGTERM and SIGINT as something to wait for. Made before any thread, so that all threads have them blocked.
#pragma once

#include <csignal>
#include <ctime>

#include "base/time.hpp"

namespace pgbaton::system {

class StopSignal {
 public:
  StopSignal() {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGTERM);
    ::sigaddset(&set_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGHUP, SIG_IGN);
  }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// Until one of them comes.
  void wait() const {
    int signal = 0;
    ::sigwait(&set_, &signal);
  }
  /// Whether one of them comes within this time.
  [[nodiscard]] bool wait_for(base::Millis time) const {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const timespec longest{.tv_sec = whole.count(), .tv_nsec = std::chrono::nanoseconds{time - whole}.count()};
    return ::sigtimedwait(&set_, nullptr, &longest) > 0;
  }

 private:
  sigset_t set_{};
};

}  // namespace pgbaton::system
