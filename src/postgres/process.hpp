// The processes of an instance, found through /proc. A pid alone is never trusted: the system may have given it to a
// program of somebody else since PostgreSQL wrote it down.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "postgres/lock_file.hpp"
#include "system/file.hpp"

namespace pgbaton::postgres {

/// A process that cannot be mistaken for another one, even when its pid is used again.
class Process {
 public:
  /// Nothing when it is gone.
  [[nodiscard]] static std::optional<Process> open(pid_t pid);
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// A process that has gone meanwhile is fine.
  [[nodiscard]] base::Result<> signal(int signal) const;
  /// Whether it is gone by the deadline; returns the moment it goes.
  [[nodiscard]] bool gone_by(base::Deadline deadline) const;
  /// Whether SIGSTOP has taken effect: it executes nothing until SIGCONT or its end. proc_pid_stat(5).
  [[nodiscard]] bool is_halted() const;

 private:
  Process(pid_t pid, system::Fd fd) : pid_(pid), fd_(std::move(fd)) {}
  pid_t pid_;
  system::Fd fd_;
};

/// The folder of the program that a process runs; empty when it is not `postgres`, or not ours to look at. A program
/// that was replaced on disk since then still counts.
[[nodiscard]] system::Path bindir_of_process(pid_t pid);

/// Whether a process is a postgres that works in this data directory, as its postmaster and all its children do.
[[nodiscard]] bool is_postgres_of(pid_t pid, const system::Path& data);

struct Postmaster {
  Process process;
  LockFile lock_file;
};
/// The postmaster named by DATA/postmaster.pid, when it is really there.
[[nodiscard]] std::optional<Postmaster> find_postmaster(const system::Path& data);

/// Visits every postgres process that works in this data directory, one after the other: there may be more of them than
/// this process may have files open.
void visit_processes_of(const system::Path& data, const std::function<void(Process)>& visit);
/// All of them at once: without a postmaster, its orphans.
[[nodiscard]] std::vector<Process> processes_of(const system::Path& data);

}  // namespace pgbaton::postgres
