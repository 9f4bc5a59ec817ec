#include <csignal>

#include <fmt/format.h>

#include "postgres/instance.hpp"
#include "postgres/process.hpp"
#include "postgres/stale.hpp"

namespace pgbaton::postgres {
namespace {

using base::Result;

// Smart waits for the clients to leave, fast ends their sessions and writes a checkpoint, immediate does neither.
constexpr int signal_of(StopMode mode) {
  constexpr int kSignals[] = {SIGTERM, SIGINT, SIGQUIT};
  return kSignals[static_cast<int>(mode)];
}

Result<> end_postmaster(const Spec& spec, StopMode mode, base::Deadline deadline) {
  const auto postmaster = find_postmaster(spec.data());
  if (!postmaster) return {};
  TRY(postmaster->process.signal(signal_of(mode)));
  if (postmaster->process.gone_by(deadline)) return {};
  return base::fail(base::Code::timed_out, "{} did not stop in time ({} stop, process {}); it goes on stopping",
                    spec.name, to_string(mode), postmaster->process.pid());
}

}  // namespace

Result<> stop(const Spec& spec, StopMode mode, base::Deadline deadline) {
  if (!is_initialised(spec)) return {};
  // A postmaster that is halted takes no other signal. Who must be ended at once is ended all the same.
  if (mode == StopMode::immediate && is_half_cut_off(spec)) TRY(cut_off(spec, deadline));
  TRY(end_postmaster(spec, mode, deadline));
  const auto lock = TRY(system::FileLock::acquire(spec.folder / "lock", deadline));
  TRY(end_postmaster(spec, mode, deadline));  // somebody may just have been starting it
  return base::in_context("stopping " + spec.name, clear_remains(spec, deadline));
}

Result<> reload(const Spec& spec) {
  const auto postmaster = find_postmaster(spec.data());
  if (!postmaster) return base::fail(base::Code::unreachable, "{} does not run", spec.name);
  return postmaster->process.signal(SIGHUP);
}

Result<> destroy(const Spec& spec, base::Deadline deadline) {
  TRY(stop(spec, StopMode::immediate, deadline));
  std::error_code error;  // a killed postmaster leaves its socket
  const auto socket = spec.socket_folder / fmt::format(".s.PGSQL.{}", spec.port);
  std::filesystem::remove(socket, error);
  std::filesystem::remove(socket.string() + ".lock", error);
  return system::remove_tree(spec.folder);
}

}  // namespace pgbaton::postgres
