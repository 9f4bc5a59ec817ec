// Which instances of this host may go on as primaries, on a host that the server may lose sight of: each for as long as
// its lease lasts (api/agent.hpp). An own thread stops what has lost its lease; the keeper starts nothing without one.
//
// What holds is kept in a file, with the host's boot: an agent that was killed goes on with the leases that it had. It
// is not synced, because a host that goes down takes its primaries with it.
#pragma once

#include <map>
#include <mutex>
#include <thread>

#include "agent/config.hpp"
#include "agent/journal.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::agent {

/// Milliseconds since the host's start, sleep included.
using BootTime = std::int64_t;

/// How far a renewal reaches that repeats our clock of `seen`; absent when that was another boot or has not come yet.
/// Pure.
[[nodiscard]] std::optional<BootTime> reach_of(const std::string& seen, const std::string& boot, BootTime now);

class Leases {
 public:
  explicit Leases(const Config& config);
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  /// What the server says. The answer is our clock.
  [[nodiscard]] api::LeaseAnswer renew(const api::Lease& lease);
  /// The server has just decided that this one is to be a primary.
  void grant(const std::string& instance);
  [[nodiscard]] bool holds(const std::string& instance) const;

 private:
  void reach(const std::string& instance, BootTime until);
  void save() const;

  const system::Path file_;
  const std::string boot_;
  mutable std::mutex mutex_;
  std::map<std::string, BootTime> until_;  // guarded by mutex_
};

/// Whether this instance may run as it is only while it has a lease.
[[nodiscard]] bool needs_lease(const Instance& instance, const postgres::Spec& spec);
/// All of the standbys that it has slots for stream from it: none of them has been promoted, or cut off for it.
[[nodiscard]] bool all_standbys_stream(const postgres::Spec& spec);

}  // namespace pgbaton::agent
