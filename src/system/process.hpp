// Other processes, by pid: is it there, is it still the same one, end it.
#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

#include "base/result.hpp"
#include "base/units.hpp"

namespace pgbaton::system {

/// Clock ticks after boot at which the process started (field 22 of /proc/PID/stat), absent when there is no such
/// process or only a zombie. A pid together with this is one process for ever.
[[nodiscard]] std::optional<std::uint64_t> process_start(pid_t pid);
[[nodiscard]] inline bool is_running(pid_t pid) { return process_start(pid).has_value(); }
/// Sends a signal; a process that is not there is Code::not_found.
[[nodiscard]] base::Result<> send_signal(pid_t pid, int signal);
/// Resident memory.
[[nodiscard]] base::Bytes resident_memory(pid_t pid);

}  // namespace pgbaton::system
