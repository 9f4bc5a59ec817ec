// The parts of `pgbaton up` become the program that is on disk now, one after the other: first those that are taken
// over, because a program that cannot do that changes nothing; then the others, which are ended and started.
#include <ranges>

#include <signal.h>

#include "base/text.hpp"
#include "cli/supervisor.hpp"
#include "system/child.hpp"
#include "system/log.hpp"
#include "system/process.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Deadline;
using base::Millis;
using base::Result;

namespace {

constexpr Millis kTakeover{30'000};
constexpr Millis kPlainRestart{60'000};
constexpr Millis kSettle{10'000};
constexpr Millis kReloadTick{5};
constexpr std::size_t kRecentRecords = 20;

// Two processes write to it: what the successor said last is its error.
std::string last_error(const system::Path& log) {
  const auto said = base::lines(system::read_file(log).value_or(""));
  for (const auto& line : said | std::views::reverse | std::views::take(kRecentRecords)) {
    const auto record = base::parse_json(line);
    if (record && record->is_object() && record->value("level", "") == "error") return record->value("message", line);
  }
  return "it said nothing";
}

}  // namespace

template <typename Condition>
Result<> Supervisor::look_after_until(const Hooks& hooks, Millis longest, Condition&& condition) {
  for (const auto deadline = Deadline::after(longest); !condition();) {
    if (deadline.passed()) return base::fail(Code::timed_out, "that took longer than {}", base::humanise(longest));
    if (wait_for_signal(kReloadTick) == Asked::end) ending_ = true;
    if (ending_) return base::fail(Code::cancelled, "pgbaton is told to end");
    reap(false);
    TRY(start_due(hooks));
  }
  return {};
}

Result<> Supervisor::reload(const Hooks& hooks) {
  const auto program = TRY(hooks.find_program());
  for (auto& child : children_)
    if (child.part.serves) TRY(succeed(child, program, hooks));
  return renew_plainly(program, hooks);
}

// Whatever dies here, one of both serves or is started: the part itself while it runs, the successor once that has
// taken over, and a fresh one when both are gone.
Result<> Supervisor::succeed(Child& child, const std::string& program, const Hooks& hooks) {
  if (child.pid <= 0) {
    child.part.argv[0] = program;
    return {};
  }
  auto argv = child.part.argv;
  argv[0] = program;
  argv.emplace_back("--takeover");
  child.successor = TRY(system::spawn_supervised({.argv = argv}, child.part.log));
  hooks.on_children(running());
  const auto waited =
      look_after_until(hooks, kTakeover, [&] { return child.successor <= 0 || child.part.serves(child.successor); });
  if (waited && child.successor > 0) {
    if (child.pid > 0) leaving_.push_back(child.pid);
    child.pid = std::exchange(child.successor, -1);
    child.part.argv[0] = program;
    child.settled_at = Deadline::after(Millis{0});  // it has shown that it serves: earlier ends are forgotten
    return {};
  }
  if (child.successor > 0) std::ignore = system::send_signal(child.successor, SIGKILL);
  settle(child, hooks);
  const auto goes_on = child.pid > 0 ? "the one that runs goes on with its clients" : "it is started again";
  return base::fail({waited ? Code::refused : waited.error().code,
                     fmt::format("the new {} did not take over: {}; {}", child.part.name,
                                 waited ? last_error(child.part.log) : waited.error().message, goes_on),
                     fmt::format("Nothing else was restarted. Its log says more: {}", child.part.log.string())});
}

// The successor has died or dies now. If it had everything by then, nobody serves, and what the part may still keep of
// its clients' TLS is of no use to them.
void Supervisor::settle(Child& child, const Hooks& hooks) {
  const auto waited = look_after_until(
      hooks, kSettle, [&] { return child.successor <= 0 && (child.pid <= 0 || child.part.serves(child.pid)); });
  if (waited || child.pid <= 0) return;
  std::ignore = system::send_signal(child.pid, SIGKILL);
}

Result<> Supervisor::renew_plainly(const std::string& program, const Hooks& hooks) {
  for (auto& child : children_) {
    if (child.part.serves) continue;
    child.part.argv[0] = program;
    if (child.pid <= 0) continue;
    child.is_renewed = true;
    std::ignore = system::send_signal(child.pid, SIGTERM);
  }
  const auto is_renewed = [](const Child& child) { return child.pid > 0 && !child.is_renewed; };
  return base::in_context("the server or the agent does not come back", look_after_until(hooks, kPlainRestart, [&] {
                            return std::ranges::all_of(children_, is_renewed) && hooks.is_ready();
                          }));
}

}  // namespace pgbaton::cli
