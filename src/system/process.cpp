#include "system/process.hpp"

#include <cerrno>
#include <cstring>

#include <signal.h>

#include "base/text.hpp"
#include "system/file.hpp"

namespace pgbaton::system {

std::optional<std::uint64_t> process_start(pid_t pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  if (!stat) return std::nullopt;
  // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
  const auto fields = base::split(stat->substr(stat->rfind(')') + 2), ' ');
  constexpr std::size_t kState = 0;
  constexpr std::size_t kStartTime = 19;
  if (fields.size() <= kStartTime || fields[kState] == "Z" || fields[kState] == "X") return std::nullopt;
  return std::stoull(fields[kStartTime]);
}

base::Result<> send_signal(pid_t pid, int signal) {
  if (::kill(pid, signal) == 0) return {};
  if (errno == ESRCH) return base::fail(base::Code::not_found, "there is no process {}", pid);
  return base::fail(base::Code::failed, "cannot signal process {}: {}", pid, std::strerror(errno));
}

base::Bytes resident_memory(pid_t pid) {
  const auto statm = read_file(fmt::format("/proc/{}/statm", pid));
  const auto fields = base::split(statm.value_or("0 0"), ' ');
  return {std::stoll(fields[1]) * ::sysconf(_SC_PAGESIZE)};
}

}  // namespace pgbaton::system
