// The instances of this host: their settings, one lock each, and the keeper that starts again what should be running.
//
// Used by job threads, by request threads and by the keeper's own thread.
#pragma once

#include <map>
#include <mutex>
#include <thread>

#include "agent/leases.hpp"
#include "postgres/instance.hpp"

namespace pgbaton::agent {

/// Where an installed engine has its programs; Code::not_found when this host does not have it.
[[nodiscard]] base::Result<system::Path> engine_bindir(const system::Path& engines, const model::EngineId& id);

/// Puts the instance's TLS certificate into its place, made with pgbaton's own authority, unless it is there. Nodes
/// check each other against tls/ca.crt of their folders: hosts of one cluster need the same authority in data/tls.
[[nodiscard]] base::Result<> ensure_certificate(const Config& config, const postgres::Spec& spec);

class Instances {
 public:
  Instances(const Config& config, Journal& journal) : config_(config), journal_(journal), leases_(config) {}

  /// Code::not_found when this host has none of that name.
  [[nodiscard]] base::Result<Instance> find(const std::string& name) const;
  [[nodiscard]] base::Result<postgres::Spec> spec_of(const Instance& instance) const;
  [[nodiscard]] base::Result<api::InstanceStatus> status(const Instance& instance);

  /// Held by whoever changes the instance, across all of its steps.
  [[nodiscard]] std::unique_lock<std::mutex> lock(const std::string& name);
  [[nodiscard]] std::unique_lock<std::mutex> try_lock(const std::string& name);

  /// Starts PostgreSQL under the plan's limits, or without them where the host does not let us.
  [[nodiscard]] base::Result<> start(const Instance& instance, base::Deadline deadline);
  /// Puts a postmaster under its plan's limits, where the host lets us.
  void limit(const Instance& instance, pid_t pid);
  /// Removes the instance's limits, files and record.
  [[nodiscard]] base::Result<> destroy(const Instance& instance, base::Deadline deadline);

  [[nodiscard]] Leases& leases() { return leases_; }
  /// Whoever takes backups by itself: told of an instance that wants its first now, and of one that is to go.
  struct OnBackups {
    std::function<void(const std::string& instance)> wanted = [](const std::string&) {};
    std::function<void(const std::string& instance)> leave = [](const std::string&) {};
  };
  /// Before anything else is asked.
  void tell(OnBackups on_backups) { on_backups_ = std::move(on_backups); }
  [[nodiscard]] const OnBackups& on_backups() const { return on_backups_; }

  /// Begins to look after the instances: those that should be running and are not are started again.
  void begin_keeping();
  void end_keeping();

 private:
  struct Attempt {
    int failures = 0;
    base::Deadline next = base::Deadline::after(base::Millis{0});
    bool seen_stopped = false;  // and waited for
  };
  void keep(const std::stop_token& stop);
  void keep(const Instance& listed);
  static bool waits_for_failover(const Instance& instance, Attempt& attempt);
  void watch_leases(const std::stop_token& stop);
  void stop_unleased(const Instance& instance);
  std::mutex& mutex_of(const std::string& name);

  const Config& config_;
  Journal& journal_;
  Leases leases_;
  OnBackups on_backups_;
  std::mutex mutex_;
  std::map<std::string, std::mutex> locks_;
  std::map<std::string, std::string> limits_;  // instance → "enforced" or why not
  std::map<std::string, Attempt> attempts_;    // the keeper's thread only
  std::jthread keeper_;
  std::jthread lease_watch_;
};

}  // namespace pgbaton::agent
