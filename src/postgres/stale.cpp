#include "postgres/stale.hpp"

#include <csignal>

#include <fmt/format.h>

#include "postgres/process.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Millis;
using base::Result;
using system::Path;

// A child notices its postmaster's death when it next waits for something. One that computes does not, and would hold
// the shared memory for as long as it computes; then SIGQUIT, which ends it without a trace in the data as an immediate
// stop does, and SIGKILL after as long as a postmaster itself gives its children.
struct Push {
  int signal;
  Millis patience;
};
constexpr Push kPushes[] = {{0, Millis{200}}, {SIGQUIT, Millis{5000}}, {SIGKILL, Millis{5000}}};

Result<> end_orphans(const Path& data, Deadline deadline) {
  for (const auto& [signal, patience] : kPushes) {
    if (signal != 0)
      for (const auto& process : processes_of(data)) TRY(process.signal(signal));
    if (processes_gone_by(data, deadline.within(patience))) return {};
  }
  return base::fail(base::Code::timed_out, "processes of a postmaster that was killed still work in {}", data.string());
}

// The data directory's own lock file and the one of its socket name the pid of a postmaster. PostgreSQL asks the system
// only whether that pid is somebody of this user.
Result<> remove_if_stale(const Path& lock_file) {
  const auto text = system::read_file(lock_file);
  if (!text) return {};
  const auto lock = parse_lock_file(*text);
  if (!lock || is_postgres_of(lock->pid, lock->data)) return {};
  std::error_code error;
  std::filesystem::remove(lock_file, error);
  if (error) return base::fail(base::Code::failed, "cannot remove {}: {}", lock_file.string(), error.message());
  return {};
}

}  // namespace

Result<> clear_remains(const Spec& spec, Deadline deadline) {
  const auto lock_file = spec.data() / "postmaster.pid";
  std::error_code error;
  // A postmaster that ends by itself outlives its children and removes the file. The file must not go before they have:
  // it tells the next postmaster which shared memory to look at.
  if (std::filesystem::exists(lock_file, error)) TRY(end_orphans(spec.data(), deadline));
  TRY(remove_if_stale(lock_file));
  return remove_if_stale(spec.socket_folder / fmt::format(".s.PGSQL.{}.lock", spec.port));
}

bool processes_gone_by(const Path& data, Deadline deadline) {
  for (;;) {
    const auto processes = processes_of(data);
    if (processes.empty()) return true;
    for (const auto& process : processes)
      if (!process.gone_by(deadline)) return false;
  }
}

}  // namespace pgbaton::postgres
