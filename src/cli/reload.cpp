// reload: the parts of an `up` become the program that is on disk now.
#include <thread>

#include <signal.h>

#include "cli/machine_commands.hpp"
#include "cli/reload_report.hpp"
#include "cli/target.hpp"
#include "system/process.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;

namespace {

constexpr base::Millis kReloadEnds{150'000};  // takeover and restart have their own limits, which are shorter
constexpr base::Millis kLookAgain{10};

Result<ReloadOutcome> await_reload(const Registration& running, std::int64_t before) {
  const auto deadline = base::Deadline::after(kReloadEnds);
  for (;; std::this_thread::sleep_for(kLookAgain)) {
    const auto now = last_reload(running.data);
    if (now.number > before && !now.running) return now;
    if (!is_alive(running)) return base::fail(Code::failed, "pgbaton (process {}) has ended meanwhile", running.pid);
    if (deadline.passed())
      return base::fail(Code::timed_out, "pgbaton (process {}) does not say what came of it", running.pid);
  }
}

}  // namespace

Result<int> run_reload(const Options& options, const Context& context) {
  const auto target = TRY(find_house(options, context.environment));
  if (!target.running)
    return base::fail({Code::unreachable, fmt::format("nothing runs with its data in {}", target.data.string()),
                       "Start it with `pgbaton up`: it runs the program that is on disk."});
  const auto before = last_reload(target.data).number;
  const auto sent = system::send_signal(target.running->pid, SIGHUP);
  if (!sent)
    return base::fail({Code::failed, sent.error().message, "Run it as root, or as the user who started `pgbaton up`."});
  const auto outcome = TRY(await_reload(*target.running, before));
  if (!outcome.code.empty()) return base::fail({base::code_named(outcome.code), outcome.message, outcome.remedy});
  if (options.json)
    context.console.print(base::Json{{"data", target.data.string()}, {"took_ms", outcome.took_ms}});
  else
    context.console.out << fmt::format(
        "All parts run the program that is on disk now ({}). No client was disconnected.\n",
        base::humanise(base::Millis{outcome.took_ms}));
  return 0;
}

}  // namespace pgbaton::cli
