#include "cli/supervisor.hpp"

#include <signal.h>
#include <sys/wait.h>

#include "base/text.hpp"
#include "system/child.hpp"
#include "system/log.hpp"
#include "system/process.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Deadline;
using base::Millis;
using base::Result;

namespace {

constexpr Millis kShortestPause{100};
constexpr Millis kLongestPause{5'000};
constexpr Millis kSettled{30'000};  // after so long a part's earlier ends are forgotten
constexpr Millis kTick{200};
constexpr Millis kReadyTick{10};  // while somebody waits for the ready line
constexpr Millis kGrace{30'000};
constexpr int kHopeless = 5;

sigset_t waited_for() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD, SIGHUP}) ::sigaddset(&set, signal);
  return set;
}

std::string ended_how(int status) {
  return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                             : fmt::format("status {}", WEXITSTATUS(status));
}

// The message of the last record that it logged.
std::string last_words(const system::Path& log) {
  const auto said = base::lines(system::read_file(log).value_or(""));
  if (said.empty()) return "it said nothing";
  const auto record = base::parse_json(said.back());
  return record && record->is_object() ? record->value("message", said.back()) : said.back();
}

}  // namespace

Supervisor::Supervisor(std::vector<Part> parts) {
  for (auto& part : parts) children_.push_back({.part = std::move(part)});
  const auto set = waited_for();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGHUP, SIG_DFL);  // else it would never be seen
  ::signal(SIGPIPE, SIG_IGN);
}

Result<> Supervisor::run(const Hooks& hooks) {
  auto result = keep_running(hooks);
  end_all();
  return result;
}

Result<> Supervisor::keep_running(const Hooks& hooks) {
  for (;;) {
    reap(false);
    TRY(start_due(hooks));
    if (!ready_ && hooks.is_ready()) {
      ready_ = true;
      hooks.on_ready();
    }
    if (!ready_) TRY(check_progress());
    const auto asked = wait_for_signal(ready_ ? kTick : kReadyTick);
    if (asked == Asked::end) return {};
    reload_asked_ = reload_asked_ || asked == Asked::reload;
    if (!ready_ || !std::exchange(reload_asked_, false)) continue;
    hooks.on_reload();
    hooks.on_reloaded(reload(hooks));
    if (ending_) return {};
  }
}

Supervisor::Asked Supervisor::wait_for_signal(Millis longest) const {
  const auto set = waited_for();
  const timespec limit{longest.count() / 1000, (longest.count() % 1000) * 1'000'000};
  siginfo_t info{};
  const int signal = ::sigtimedwait(&set, &info, &limit);
  if (signal == SIGTERM || signal == SIGINT) return Asked::end;
  // The kernel's means that the terminal it was started from has closed: nobody asks for anything.
  return signal == SIGHUP && info.si_code <= 0 ? Asked::reload : Asked::nothing;
}

Result<> Supervisor::start_due(const Hooks& hooks) {
  bool any = false;
  for (auto& child : children_) {
    if (child.pid > 0 || child.successor > 0 || !child.start_at.passed()) continue;
    child.pid = TRY(system::spawn_supervised({.argv = child.part.argv}, child.part.log));
    child.settled_at = Deadline::after(kSettled);
    any = true;
  }
  if (any) hooks.on_children(running());
  return {};
}

void Supervisor::reap(bool ending) {
  std::erase_if(leaving_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) == pid; });
  for (auto& child : children_) {
    int status = 0;
    if (child.successor > 0 && ::waitpid(child.successor, &status, WNOHANG) == child.successor) child.successor = -1;
    if (child.pid <= 0 || ::waitpid(child.pid, &status, WNOHANG) != child.pid) continue;
    if (child.successor > 0 || std::exchange(child.is_renewed, false)) {
      child.pid = -1;
      child.start_at = Deadline::after(Millis{0});
      continue;
    }
    child.pause =
        child.settled_at.passed() ? kShortestPause : std::clamp(child.pause * 2, kShortestPause, kLongestPause);
    child.start_at = Deadline::after(child.pause);
    child.pid = -1;
    ++child.ends;
    if (!ending)
      system::log_warning(
          fmt::format("the {} ended and is started again", child.part.name),
          {{"ended_with", ended_how(status)}, {"in_ms", child.pause.count()}, {"log", child.part.log.string()}});
  }
}

Result<> Supervisor::check_progress() const {
  for (const auto& child : children_)
    if (child.ends >= kHopeless)
      return base::fail({Code::failed,
                         fmt::format("the {} does not start: {}", child.part.name, last_words(child.part.log)),
                         fmt::format("Its log says more: {}", child.part.log.string())});
  return {};
}

void Supervisor::end_all() {
  for (const auto pid : running()) [[maybe_unused]]
    const auto sent = system::send_signal(pid, SIGTERM);
  const auto grace = Deadline::after(kGrace);
  while (!running().empty()) {
    // A second SIGTERM changes nothing: ending is on its way.
    [[maybe_unused]] const auto asked = wait_for_signal(kTick);
    reap(true);
    if (!grace.passed()) continue;
    for (const auto pid : running()) [[maybe_unused]]
      const auto sent = system::send_signal(pid, SIGKILL);
  }
}

std::vector<pid_t> Supervisor::running() const {
  auto pids = leaving_;
  for (const auto& child : children_)
    for (const auto pid : {child.pid, child.successor})
      if (pid > 0) pids.push_back(pid);
  return pids;
}

}  // namespace pgbaton::cli
