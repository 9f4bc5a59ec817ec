// Child processes: an argument vector, never a shell; their own session; closed descriptors; bounded output.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "system/file.hpp"

namespace pgbaton::system {

struct Command {
  std::vector<std::string> argv;         // argv[0] is looked up in PATH unless it has a slash
  std::vector<std::string> environment;  // "NAME=value", added to ours; "NAME" alone removes it
  Path directory;                        // empty: ours
  std::string input;                     // what the child reads from its standard input
  bool dies_with_us = false;             // SIGKILL to the child itself when the thread that runs it ends
  bool reports_on_errors = false;        // lines of standard error go to OnLine too: some programs show progress there
};

struct Output {
  int status = 0;  // exit status, or 128 + signal
  std::string out;
  std::string err;
  /// The last lines of what the child said, for error messages.
  [[nodiscard]] std::string tail(std::size_t count = 5) const;
};

/// Called with each complete line of standard output as it comes, from the calling thread.
using OnLine = std::function<void(std::string_view)>;

/// Runs to the end. At the deadline, or when asked to stop, the child's process group gets SIGTERM, five seconds later
/// SIGKILL, and the result is timed_out or cancelled. At most 1 MiB of each stream is kept (its end).
[[nodiscard]] base::Result<Output> run(const Command& command, base::Deadline deadline,
                                       const std::stop_token& stop = {}, const OnLine& on_line = {});

/// run(), where a status other than 0 is an error whose message holds the tail of what the child said.
[[nodiscard]] base::Result<Output> run_checked(const Command& command, base::Deadline deadline,
                                               const std::stop_token& stop = {}, const OnLine& on_line = {});

/// Starts a process that is to outlive us: own session, no parent, standard output and error appended to `log`.
/// Returns its pid once it runs the program (an exec that fails is an error here).
[[nodiscard]] base::Result<pid_t> spawn_detached(const Command& command, const Path& log);

/// Starts a child of ours that dies when we die (PR_SET_PDEATHSIG, SIGTERM). Standard streams are ours; with a `log`
/// standard output and error are appended to it instead.
[[nodiscard]] base::Result<pid_t> spawn_supervised(const Command& command, const Path& log = {});

}  // namespace pgbaton::system
