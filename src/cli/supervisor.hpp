// Keeps the parts of `pgbaton up` running: starts them as children, starts again what ends, ends them on SIGTERM or
// SIGINT. On SIGHUP they are started anew from the program that is on disk now; a part that others are connected to is
// taken over by its successor, which is a child like the others. Runs on the main thread, which is the only one; a
// child dies with its supervisor. Knows nothing of databases.
#pragma once

#include <functional>

#include <sys/types.h>

#include "base/time.hpp"
#include "system/file.hpp"

namespace pgbaton::cli {

struct Part {
  std::string name;
  std::vector<std::string> argv;
  system::Path log;  // of its standard output and error
  /// Of a part that can be taken over: whether it is this process that serves now.
  std::function<bool(pid_t)> serves = {};
};

class Supervisor {
 public:
  /// Blocks the signals that run() waits for.
  explicit Supervisor(std::vector<Part> parts);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  struct Hooks {
    std::function<bool()> is_ready;                              // asked again and again until it says yes
    std::function<void()> on_ready;                              // once
    std::function<void(const std::vector<pid_t>&)> on_children;  // after each start of one
    std::function<base::Result<std::string>()> find_program;     // argv[0] of parts that begin from here on
    std::function<void()> on_reload;                             // SIGHUP has come
    std::function<void(const base::Result<>&)> on_reloaded;
  };
  /// Until SIGTERM or SIGINT; then, or on an error, all parts are ended. An error: a part that ends again and again
  /// before everything was ready once.
  [[nodiscard]] base::Result<> run(const Hooks& hooks);

 private:
  struct Child {
    Part part;
    pid_t pid = -1;
    int ends = 0;           // since the beginning
    base::Millis pause{0};  // before the next start
    base::Deadline start_at = base::Deadline::after(base::Millis{0});
    base::Deadline settled_at = base::Deadline::after(base::Millis{0});  // when it counts as running well
    bool is_renewed = false;  // it ends because it was asked to, and is started again
    pid_t successor = -1;     // takes over from it
  };
  enum class Asked { nothing, end, reload };

  base::Result<> keep_running(const Hooks& hooks);
  base::Result<> start_due(const Hooks& hooks);
  void reap(bool ending);
  base::Result<> check_progress() const;
  [[nodiscard]] Asked wait_for_signal(base::Millis longest) const;
  base::Result<> reload(const Hooks& hooks);
  base::Result<> succeed(Child& child, const std::string& program, const Hooks& hooks);
  void settle(Child& child, const Hooks& hooks);
  base::Result<> renew_plainly(const std::string& program, const Hooks& hooks);
  template <typename Condition>
  base::Result<> look_after_until(const Hooks& hooks, base::Millis longest, Condition&& condition);
  void end_all();
  [[nodiscard]] std::vector<pid_t> running() const;

  std::vector<Child> children_;
  std::vector<pid_t> leaving_;  // were taken over, and end when the last that depends on them has gone
  bool ready_ = false;
  bool reload_asked_ = false;
  bool ending_ = false;
};

}  // namespace pgbaton::cli
