#include "system/child.hpp"

#include <cerrno>
#include <cstring>
#include <map>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/text.hpp"

namespace pgbaton::system {

using base::Code;
using base::Result;

namespace {

constexpr std::size_t kKept = 1 << 20;
constexpr base::Millis kGrace{5000};

struct Pipe {
  Fd read;
  Fd write;
  static Result<Pipe> create() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return os_failure("cannot make", "a pipe");
    return Pipe{Fd{ends[0]}, Fd{ends[1]}};
  }
};

// Everything a child needs, made before fork(): between fork() and exec() only async-signal-safe calls are allowed.
struct Prepared {
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::string program;
};

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = ::getenv("PATH");
  for (const auto& folder : base::split(path != nullptr ? path : "/usr/bin:/bin", ':'))
    if (const auto candidate = folder + "/" + name; ::access(candidate.c_str(), X_OK) == 0) return candidate;
  // Started with a bare PATH, as by systemd, the administration tools would not be found.
  for (const auto* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"})
    if (const auto candidate = folder + name; ::access(candidate.c_str(), X_OK) == 0) return candidate;
  return name;
}

Prepared prepare(const Command& command) {
  Prepared prepared;
  prepared.program = find_program(command.argv.at(0));
  std::map<std::string, std::string> variables;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry{*at};
    variables[std::string{entry.substr(0, entry.find('='))}] = entry;
  }
  for (const auto& entry : command.environment) {
    const auto name = entry.substr(0, entry.find('='));
    if (entry.find('=') == std::string::npos)
      variables.erase(name);
    else
      variables[name] = entry;
  }
  for (auto& [name, entry] : variables) prepared.environment.push_back(entry);
  for (const auto& argument : command.argv) prepared.argv.push_back(const_cast<char*>(argument.c_str()));
  for (const auto& entry : prepared.environment) prepared.envp.push_back(const_cast<char*>(entry.c_str()));
  prepared.argv.push_back(nullptr);
  prepared.envp.push_back(nullptr);
  return prepared;
}

// In the child. Blocked and ignored signals would be inherited by the program.
void reset_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::signal(signal, SIG_DFL);
}

// In the child. Libraries open descriptors without close-on-exec; a postmaster that inherits our listening socket would
// keep its address busy for as long as the database runs.
void hide_descriptors() {
  constexpr unsigned kCloseOnExec = 1U << 2;  // CLOSE_RANGE_CLOEXEC: the report pipe must stay open until exec
  ::syscall(SYS_close_range, 3U, ~0U, kCloseOnExec);
}

// In the child: becomes the program, or writes errno to `report` and ends.
[[noreturn]] void execute(const Prepared& prepared, const Path& directory, int report) {
  hide_descriptors();
  if (directory.empty() || ::chdir(directory.c_str()) == 0)
    ::execve(prepared.program.c_str(), prepared.argv.data(), prepared.envp.data());
  const int error = errno;
  [[maybe_unused]] const auto ignored = ::write(report, &error, sizeof error);
  ::_exit(127);
}

// Reads what execute() reported: nothing when exec closed the pipe.
Result<> exec_outcome(Pipe& report, const Command& command) {
  report.write.close();
  int error = 0;
  ssize_t got = 0;
  while ((got = ::read(report.read.get(), &error, sizeof error)) < 0 && errno == EINTR) continue;
  if (got <= 0) return {};
  if (error == ENOENT)
    return base::fail({Code::failed, fmt::format("the program {} is not installed", command.argv[0]),
                       fmt::format("Install {} and try again.", command.argv[0])});
  return base::fail(Code::failed, "cannot run {}: {}", command.argv[0], std::strerror(error));
}

class Stream {
 public:
  Stream(Fd fd, std::string& kept, OnLine on_line) : fd_(std::move(fd)), kept_(kept), on_line_(std::move(on_line)) {}
  [[nodiscard]] bool open() const { return fd_.valid(); }
  [[nodiscard]] int fd() const { return fd_.get(); }

  void read_some() {
    char buffer[16384];
    const ssize_t got = ::read(fd_.get(), buffer, sizeof buffer);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) return fd_.close();
    const std::string_view chunk{buffer, static_cast<std::size_t>(got)};
    kept_.append(chunk);
    if (kept_.size() > 2 * kKept) kept_.erase(0, kept_.size() - kKept);
    if (on_line_) emit(chunk);
  }

 private:
  void emit(std::string_view chunk) {
    partial_.append(chunk);
    for (std::size_t end = 0; (end = partial_.find('\n')) != std::string::npos; partial_.erase(0, end + 1))
      on_line_(std::string_view{partial_}.substr(0, end));
    if (partial_.size() > kKept) partial_.clear();
  }

  Fd fd_;
  std::string& kept_;
  OnLine on_line_;
  std::string partial_;
};

// One running child of run(): feeds it, drains it, and ends its process group when time is up.
class Running {
 public:
  Running(pid_t pid, Fd input, std::string_view to_write) : pid_(pid), input_(std::move(input)), to_write_(to_write) {
    pidfd_ = Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    ::fcntl(input_.get(), F_SETFL, O_NONBLOCK);
  }

  // The pipes end with the last process that holds them; a grandchild left behind must not keep us waiting.
  Result<int> wait(Stream& out, Stream& err, base::Deadline deadline, const std::stop_token& stop) {
    bool exited = false;
    while (!exited) {
      exited = step(out, err);
      if (!exited && verdict_ == Code::failed && (deadline.passed() || stop.stop_requested())) {
        verdict_ = stop.stop_requested() ? Code::cancelled : Code::timed_out;
        ::kill(-pid_, SIGTERM);
        grace_ = base::Deadline::after(kGrace);
      }
      if (!exited && verdict_ != Code::failed && grace_.passed()) ::kill(-pid_, SIGKILL);
    }
    for (auto* stream : {&out, &err}) drain(*stream);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    if (verdict_ != Code::failed) return std::unexpected(base::Error{verdict_, "", ""});
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  bool step(Stream& out, Stream& err) {
    if (to_write_.empty()) input_.close();
    pollfd fds[4] = {{pidfd_.get(), POLLIN, 0},
                     {out.open() ? out.fd() : -1, POLLIN, 0},
                     {err.open() ? err.fd() : -1, POLLIN, 0},
                     {input_.get(), POLLOUT, 0}};
    ::poll(fds, 4, 50);
    if (fds[1].revents != 0) out.read_some();
    if (fds[2].revents != 0) err.read_some();
    if (fds[3].revents != 0) feed();
    return fds[0].revents != 0;
  }

  void feed() {
    const ssize_t written = ::write(input_.get(), to_write_.data(), to_write_.size());
    if (written > 0)
      to_write_.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EAGAIN && errno != EINTR)
      to_write_ = {};  // the child closed its input: it does not want the rest
  }

  static void drain(Stream& stream) {
    pollfd fd{};
    while (stream.open()) {
      fd = {stream.fd(), POLLIN, 0};
      if (::poll(&fd, 1, 0) <= 0) return;
      stream.read_some();
    }
  }

  pid_t pid_;
  Fd pidfd_;
  Fd input_;
  std::string_view to_write_;
  Code verdict_ = Code::failed;  // failed: none yet
  base::Deadline grace_ = base::Deadline::after(kGrace);
};

}  // namespace

std::string Output::tail(std::size_t count) const {
  auto all = base::lines(base::trim(err).empty() ? base::trim(out) : base::trim(err));
  if (all.size() > count) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(count));
  return base::join(all, "\n");
}

Result<Output> run(const Command& command, base::Deadline deadline, const std::stop_token& stop,
                   const OnLine& on_line) {
  const Prepared prepared = prepare(command);
  Pipe in = TRY(Pipe::create());
  Pipe out = TRY(Pipe::create());
  Pipe err = TRY(Pipe::create());
  Pipe report = TRY(Pipe::create());
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return os_failure("cannot start", command.argv[0]);
  if (pid == 0) {
    if (command.dies_with_us) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (command.dies_with_us && ::getppid() != parent) ::_exit(127);  // it died before the line above
    ::setsid();
    ::dup2(in.read.get(), STDIN_FILENO);
    ::dup2(out.write.get(), STDOUT_FILENO);
    ::dup2(err.write.get(), STDERR_FILENO);
    reset_signals();
    execute(prepared, command.directory, report.write.get());
  }
  in.read.close();
  out.write.close();
  err.write.close();
  if (auto started = exec_outcome(report, command); !started) {
    ::waitpid(pid, nullptr, 0);
    return std::unexpected(started.error());
  }
  ::signal(SIGPIPE, SIG_IGN);  // a child that closes its input early must not end us
  Output output;
  Stream out_stream{std::move(out.read), output.out, on_line};
  Stream err_stream{std::move(err.read), output.err, command.reports_on_errors ? on_line : OnLine{}};
  auto status = Running{pid, std::move(in.write), command.input}.wait(out_stream, err_stream, deadline, stop);
  if (!status) {
    const bool cancelled = status.error().code == Code::cancelled;
    return base::fail(status.error().code, "{} {}", command.argv[0],
                      cancelled ? "was ended because the work was cancelled" : "did not finish in time and was ended");
  }
  output.status = *status;
  return output;
}

Result<Output> run_checked(const Command& command, base::Deadline deadline, const std::stop_token& stop,
                           const OnLine& on_line) {
  auto output = TRY(run(command, deadline, stop, on_line));
  if (output.status == 0) return output;
  const auto said = output.tail();
  const Code code = said.find("No space left on device") != std::string::npos ? Code::no_space : Code::failed;
  return base::fail(code, "{} failed with status {}{}{}", Path{command.argv[0]}.filename().string(), output.status,
                    said.empty() ? "" : ": ", said);
}

Result<pid_t> spawn_detached(const Command& command, const Path& log) {
  const Prepared prepared = prepare(command);
  const Fd log_fd{::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (!log_fd.valid()) return os_failure("cannot open", log);
  const Fd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  Pipe report = TRY(Pipe::create());
  Pipe identity = TRY(Pipe::create());
  const pid_t middle = ::fork();
  if (middle < 0) return os_failure("cannot start", command.argv[0]);
  if (middle == 0) {
    ::setsid();
    const pid_t pid = ::fork();  // the second fork gives the process to init: no zombie of ours, no end with us
    if (pid != 0) {
      [[maybe_unused]] const auto ignored = ::write(identity.write.get(), &pid, sizeof pid);
      ::_exit(0);
    }
    ::setsid();
    ::dup2(null.get(), STDIN_FILENO);
    ::dup2(log_fd.get(), STDOUT_FILENO);
    ::dup2(log_fd.get(), STDERR_FILENO);
    reset_signals();
    execute(prepared, command.directory, report.write.get());
  }
  while (::waitpid(middle, nullptr, 0) < 0 && errno == EINTR) continue;
  TRY(exec_outcome(report, command));
  pid_t pid = -1;
  if (::read(identity.read.get(), &pid, sizeof pid) != sizeof pid || pid < 0)
    return os_failure("cannot start", command.argv[0]);
  return pid;
}

Result<pid_t> spawn_supervised(const Command& command, const Path& log) {
  const Prepared prepared = prepare(command);
  const Fd log_fd{log.empty() ? -1 : ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (!log.empty() && !log_fd.valid()) return os_failure("cannot open", log);
  Pipe report = TRY(Pipe::create());
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return os_failure("cannot start", command.argv[0]);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
    if (log_fd.valid()) {
      ::dup2(log_fd.get(), STDOUT_FILENO);
      ::dup2(log_fd.get(), STDERR_FILENO);
    }
    reset_signals();
    execute(prepared, command.directory, report.write.get());
  }
  if (auto started = exec_outcome(report, command); !started) {
    ::waitpid(pid, nullptr, 0);
    return std::unexpected(started.error());
  }
  return pid;
}

}  // namespace pgbaton::system
