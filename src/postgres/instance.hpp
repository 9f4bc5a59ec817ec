// One instance's life: make, start, look, stop, remove. Nothing is kept in memory: every call looks at the folder and
// at the processes. Calls for one instance may come from several processes; those that change it wait for each other.
//
// The postmaster is nobody's child and outlives whoever started it. Who restarts a crashed one, limits of memory and
// CPU, and certificates are the caller's business.
#pragma once

#include <functional>
#include <optional>

#include "base/names.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// Makes the data directory with initdb and configures it. One that is there already stays as it is. It is built beside
/// its place and renamed into it: a killed attempt leaves nothing but a folder that the next attempt removes.
/// Code::refused: the engine's major lacks the locale provider.
[[nodiscard]] base::Result<> initialise(const Spec& spec, base::Deadline deadline);
[[nodiscard]] bool is_initialised(const Spec& spec);

/// Called with the postmaster's pid when it has just been started: the place to put it into a control group.
using OnSpawn = std::function<void(pid_t)>;

/// Returns when the server accepts connections. One that runs already with this engine is fine; with another engine:
/// Code::refused. At the deadline (a long crash recovery) timed_out, and the server goes on starting.
[[nodiscard]] base::Result<> start(const Spec& spec, base::Deadline deadline, const OnSpawn& on_spawn = {});

enum class StopMode { smart, fast, immediate };
PGBATON_ENUM_NAMES(StopMode, {StopMode::smart, "smart"}, {StopMode::fast, "fast"}, {StopMode::immediate, "immediate"})

/// Returns when no process of the server is left that could touch the data. Not running is fine. At the deadline:
/// timed_out; the server goes on stopping.
[[nodiscard]] base::Result<> stop(const Spec& spec, StopMode mode, base::Deadline deadline);

/// Kills the server, as a power cut would. Returns when its postmaster is gone and no other process of it comes back
/// from the kernel: none writes or answers any more, though some may not be gone yet. `start` and `stop` wait for
/// those. Not running is fine.
[[nodiscard]] base::Result<> cut_off(const Spec& spec, base::Deadline deadline);
/// Whether whoever was cutting it off died before the end: its postmaster is halted, and some of its sessions may go
/// on.
[[nodiscard]] bool is_half_cut_off(const Spec& spec);

/// Makes the running server read its configuration files again.
[[nodiscard]] base::Result<> reload(const Spec& spec);

enum class InstanceState { stopped, starting, running, stopping };
PGBATON_ENUM_NAMES(InstanceState, {InstanceState::stopped, "stopped"}, {InstanceState::starting, "starting"},
                   {InstanceState::running, "running"}, {InstanceState::stopping, "stopping"})

struct Status {
  InstanceState state = InstanceState::stopped;
  pid_t pid = 0;           // of the postmaster
  std::string bindir;      // of the engine that runs
  std::string started_at;  // RFC 3339
};
PGBATON_JSON(Status, state, pid, bindir, started_at)

[[nodiscard]] Status status(const Spec& spec);

/// Stops the server at once and removes the instance's folder and its socket.
[[nodiscard]] base::Result<> destroy(const Spec& spec, base::Deadline deadline);

}  // namespace pgbaton::postgres
