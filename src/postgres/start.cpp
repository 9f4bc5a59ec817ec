#include <fmt/format.h>

#include "postgres/configure.hpp"
#include "postgres/half_made.hpp"
#include "postgres/instance.hpp"
#include "postgres/process.hpp"
#include "postgres/stale.hpp"
#include "postgres/standby.hpp"
#include "postgres/start_failure.hpp"
#include "postgres/start_log.hpp"
#include "system/child.hpp"
#include "system/net.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Deadline;
using base::Millis;
using base::Result;
using system::Path;

// The server writes "ready" into its lock file when it opens its doors. Looking costs 10 µs; a connection attempt would
// cost a fork of the server and an entry in its log.
constexpr Millis kLook{2};

Result<> check_ports(const Spec& spec) {
  for (const auto& address : spec.listen_addresses)
    if (!system::can_listen({.host = address == "*" ? "0.0.0.0" : address, .port = spec.port}))
      return base::fail(port_in_use(spec, address));
  return {};
}

Result<> check_socket_folder(const Spec& spec) {
  constexpr std::size_t kLongest = 107;  // sun_path, without its zero
  const auto socket = spec.socket_folder / fmt::format(".s.PGSQL.{}", spec.port);
  if (socket.string().size() > kLongest)
    return base::fail(Code::invalid_argument, "the Unix socket {} has more than {} characters", socket.string(),
                      kLongest);
  std::error_code error;
  if (std::filesystem::is_directory(spec.socket_folder, error)) return {};
  return system::make_directory(spec.socket_folder, 0700);
}

// The majors are compared only now: asking the engine takes a process, and most starts succeed.
base::Error why_it_ended(const Spec& spec, const std::string& log) {
  const auto data = major_of_data(spec.data());
  const auto engine = version_of_engine(spec.bindir);
  if (data && engine && *data != engine->major) return wrong_major(spec, *data, *engine);
  return explain_start_failure(spec, log);
}

Result<> wait_until_ready(const Spec& spec, const Process& postmaster, Deadline deadline) {
  for (;;) {
    const auto now = status(spec);
    if (now.pid == postmaster.pid() && now.state == InstanceState::running) return {};
    if (postmaster.gone_by(deadline.within(kLook)))
      return base::fail(Code::interrupted, "the server of {} ended while it started", spec.name);
    if (deadline.passed())
      return base::fail(Code::timed_out, "{} does not accept connections yet; it goes on starting", spec.name);
  }
}

struct Attempt {
  Result<> result;
  std::string log;
};

Result<Attempt> attempt(const Spec& spec, Deadline deadline, const OnSpawn& on_spawn) {
  TRY(clear_remains(spec, deadline));
  const auto log = TRY(StartLog::begin(spec));
  const auto pid =
      TRY(system::spawn_detached({.argv = {spec.program("postgres").string(), "-D", spec.data().string()},
                                  .environment = {"LC_ALL=C", "PGDATA", "PGPORT", "PGOPTIONS", "PGSSLMODE", "TZ"},
                                  .directory = "/"},
                                 log.file()));
  if (on_spawn) on_spawn(pid);
  const auto process = Process::open(pid);
  const Result<> gone = base::fail(Code::interrupted, "the server of {} ended at once", spec.name);
  Attempt outcome{process ? wait_until_ready(spec, *process, deadline) : gone, {}};
  if (outcome.result) return outcome;
  // The logging collector writes what the postmaster said last after the postmaster has gone, and ends then itself.
  if (outcome.result.error().code == Code::interrupted)
    static_cast<void>(processes_gone_by(spec.data(), deadline.within(Millis{1000})));
  outcome.log = log.added();
  return outcome;
}

Result<> start_stopped(const Spec& spec, Deadline deadline, const OnSpawn& on_spawn) {
  TRY(check_socket_folder(spec));
  TRY(check_ports(spec));
  for (;;) {
    const auto [result, log] = TRY(attempt(spec, deadline, on_spawn));
    if (result) return {};
    if (result.error().code != Code::interrupted) {
      const auto said = relevant_lines(log, 3);
      return base::fail({result.error().code, fmt::format("{}; its log says:\n{}", result.error().message, said), {}});
    }
    if (!is_shared_memory_in_use(log) || deadline.passed()) return base::fail(why_it_ended(spec, log));
  }
}

Result<> check_engine(const Spec& spec, const Postmaster& running) {
  const auto bindir = bindir_of_process(running.process.pid());
  std::error_code error;
  if (bindir.empty() || bindir == std::filesystem::weakly_canonical(spec.bindir, error)) return {};
  return base::fail(Code::refused, "{} runs already with the engine in {}, not with the one in {}", spec.name,
                    bindir.string(), spec.bindir.string());
}

}  // namespace

Result<> start(const Spec& spec, Deadline deadline, const OnSpawn& on_spawn) {
  if (!is_initialised(spec)) return base::fail(Code::not_found, "{} has no data directory", spec.name);
  const auto lock = TRY(system::FileLock::acquire(spec.folder / "lock", deadline));
  if (is_half_rewound(spec))
    return base::fail({Code::corrupt,
                       fmt::format("the data of {} were being rewound when that was interrupted", spec.name),
                       "Make it a standby again: what is rewound half-way cannot be used."});
  const auto running = find_postmaster(spec.data());
  if (!running) TRY(keep_half_promoted(spec, deadline));
  if (!running && is_standby(spec)) TRY(configure(spec));  // its primary may have more connections by now
  if (!running) return start_stopped(spec, deadline, on_spawn);
  if (running->lock_file.status == "stopping" && !running->process.gone_by(deadline))
    return base::fail(Code::timed_out, "{} is still stopping", spec.name);
  TRY(check_engine(spec, *running));
  const auto ready = wait_until_ready(spec, running->process, deadline);
  const bool ended = !ready && ready.error().code == Code::interrupted;  // it was on its way out when we looked
  return ended ? start_stopped(spec, deadline, on_spawn) : ready;
}

}  // namespace pgbaton::postgres
