#include "postgres/process.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pgbaton::postgres {
namespace {

using system::Path;

Path proc(pid_t pid, const char* file) { return Path{fmt::format("/proc/{}/{}", pid, file)}; }

}  // namespace

std::optional<Process> Process::open(pid_t pid) {
  system::Fd fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!fd.valid()) return std::nullopt;
  Process process{pid, std::move(fd)};
  if (process.gone_by(base::Deadline::after(base::Millis{0}))) return std::nullopt;  // a zombie
  return process;
}

base::Result<> Process::signal(int signal) const {
  if (::syscall(SYS_pidfd_send_signal, fd_.get(), signal, nullptr, 0) == 0 || errno == ESRCH) return {};
  return base::fail(base::Code::failed, "cannot signal process {}: {}", pid_, std::strerror(errno));
}

bool Process::gone_by(base::Deadline deadline) const {
  for (;;) {
    pollfd wait{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(deadline.remaining().count()));
    if (ready > 0) return true;
    if (ready == 0 && deadline.passed()) return false;
  }
}

// The state follows the program's name, which may have brackets and spaces in it.
bool Process::is_halted() const {
  const auto text = system::read_file(proc(pid_, "stat"));
  if (!text) return false;
  const auto name_ends = text->rfind(") ");
  return name_ends != std::string::npos && text->compare(name_ends + 2, 1, "T") == 0;
}

Path bindir_of_process(pid_t pid) {
  std::error_code error;
  auto program = std::filesystem::read_symlink(proc(pid, "exe"), error).string();
  if (error) return {};
  constexpr std::string_view kDeleted = " (deleted)";
  if (program.ends_with(kDeleted)) program.resize(program.size() - kDeleted.size());
  const Path path{program};
  return path.filename() == "postgres" ? path.parent_path() : Path{};
}

bool is_postgres_of(pid_t pid, const Path& data) {
  std::error_code error;
  return !bindir_of_process(pid).empty() && std::filesystem::equivalent(proc(pid, "cwd"), data, error) && !error;
}

std::optional<Postmaster> find_postmaster(const Path& data) {
  const auto text = system::read_file(data / "postmaster.pid");
  if (!text) return std::nullopt;
  auto lock_file = parse_lock_file(*text);
  if (!lock_file) return std::nullopt;
  auto process = Process::open(lock_file->pid);  // first held, then looked at: it cannot become another in between
  if (!process || !is_postgres_of(process->pid(), data)) return std::nullopt;
  return Postmaster{std::move(*process), std::move(*lock_file)};
}

void visit_processes_of(const Path& data, const std::function<void(Process)>& visit) {
  for (const auto& name : system::list_directory("/proc")) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc{} || end != name.data() + name.size() || !is_postgres_of(pid, data)) continue;
    auto process = Process::open(pid);
    if (process && is_postgres_of(pid, data)) visit(std::move(*process));
  }
}

std::vector<Process> processes_of(const Path& data) {
  std::vector<Process> processes;
  visit_processes_of(data, [&](Process process) { processes.push_back(std::move(process)); });
  return processes;
}

}  // namespace pgbaton::postgres
