// An event loop: one thread, one epoll instance. Everything of a session happens on its loop's thread, so that the data
// path needs no lock. Only post() and stop() may be called by other threads.
//
// Descriptors are watched edge-triggered (epoll(7)): who watches keeps in mind what is readable, and a request costs no
// epoll_ctl. Room to write is watched for only by those who wait for it: a Unix socket tells of room whenever its peer
// has read something (unix_write_space in net/unix/af_unix.c), which would wake the loop twice for each request.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "system/fd.hpp"

namespace pgbaton::gateway {

/// Told of what epoll saw. Must live until the end of the turn in which it was unwatched: see Loop::later.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void on_events(std::uint32_t events) = 0;
};

class Loop {
 public:
  using Task = std::move_only_function<void()>;
  using Steady = std::chrono::steady_clock;
  using Timer = std::multimap<Steady::time_point, Task>::iterator;

  [[nodiscard]] static base::Result<std::unique_ptr<Loop>> open();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Until stop().
  void run();
  void stop();
  /// Runs the task on the loop's thread.
  void post(Task task);

  // ---- on the loop's own thread

  void watch(int fd, Watcher& watcher);
  /// Whether it is told of room to write, too. Room that is there already is told of at once.
  void watch_room(int fd, Watcher& watcher, bool wanted);
  void unwatch(int fd);
  /// At the end of this turn: for what must not be destroyed while it runs.
  void later(Task task) { later_.push_back(std::move(task)); }
  Timer after(base::Millis delay, Task task);
  /// Not after it has fired.
  void cancel(Timer timer) { timers_.erase(timer); }
  /// Where a read may put its bytes; everybody's, until the next read.
  [[nodiscard]] std::span<char> scratch() { return scratch_; }

 private:
  Loop() = default;
  [[nodiscard]] int patience() const;
  void run_posted();
  void run_timers();
  void run_later();

  system::Fd epoll_;
  system::Fd wake_;
  std::mutex mutex_;
  std::vector<Task> posted_;  // guarded by mutex_
  bool stopping_ = false;     // guarded by mutex_
  std::vector<Task> later_;
  std::multimap<Steady::time_point, Task> timers_;
  std::vector<char> scratch_ = std::vector<char>(std::size_t{64} << 10);
};

}  // namespace pgbaton::gateway
