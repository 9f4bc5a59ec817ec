// The end of a server for which clients wait. Each process of it takes about a millisecond to be torn down: whoever
// only needs to know that none of them goes on does not wait for that.
#include <csignal>
#include <thread>

#include <sys/resource.h>

#include "postgres/instance.hpp"
#include "postgres/process.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Result;

constexpr std::chrono::microseconds kLookAgain{100};
constexpr int kLastInLine = 19;  // what is torn down must not keep the next primary waiting

// A postmaster that is halted forks nobody: what is listed then is all there is.
Result<> halt(const Process& postmaster, Deadline deadline) {
  TRY(postmaster.signal(SIGSTOP));
  while (!postmaster.is_halted()) {
    if (postmaster.gone_by(Deadline::after(base::Millis{0}))) return {};
    if (deadline.passed()) return base::fail(base::Code::timed_out, "process {} does not halt", postmaster.pid());
    std::this_thread::sleep_for(kLookAgain);
  }
  return {};
}

Result<> kill_children(const Spec& spec, pid_t postmaster) {
  Result<> killed;
  visit_processes_of(spec.data(), [&](const Process& process) {
    if (process.pid() == postmaster || !killed) return;
    std::ignore = ::setpriority(PRIO_PROCESS, static_cast<id_t>(process.pid()), kLastInLine);
    killed = process.signal(SIGKILL);
  });
  return killed;
}

// Its children before itself: they would wake up and begin to clean up after its death. One that was sent SIGKILL does
// not come back from the kernel.
Result<> kill_postmaster(const Spec& spec, Deadline deadline) {
  const auto postmaster = find_postmaster(spec.data());
  if (!postmaster) return {};
  TRY(halt(postmaster->process, deadline));
  TRY(kill_children(spec, postmaster->process.pid()));
  TRY(postmaster->process.signal(SIGKILL));
  if (postmaster->process.gone_by(deadline)) return {};
  return base::fail(base::Code::timed_out, "the server of {} was killed and has not ended yet (process {})", spec.name,
                    postmaster->process.pid());
}

}  // namespace

Result<> cut_off(const Spec& spec, Deadline deadline) {
  TRY(kill_postmaster(spec, deadline));
  const auto lock = TRY(system::FileLock::acquire(spec.folder / "lock", deadline));
  return kill_postmaster(spec, deadline);  // somebody may just have been starting it
}

bool is_half_cut_off(const Spec& spec) {
  const auto postmaster = find_postmaster(spec.data());
  return postmaster && postmaster->process.is_halted();
}

}  // namespace pgbaton::postgres
