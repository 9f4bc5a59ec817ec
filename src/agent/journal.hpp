// What the agent must not forget: its jobs, its instances and the newest generation seen of each database.
#pragma once

#include <memory>

#include "api/agent.hpp"
#include "store/store.hpp"

namespace pgbaton::agent {

/// An instance of this host as the agent keeps it. `desired` is what the keeper sees to.
struct Instance {
  std::string name;
  std::string database;
  model::EngineId engine;
  base::Bytes memory;
  model::Locale locale;
  int port = 0;
  std::string desired = "stopped";  // "running" | "stopped"
  std::string data = "data";        // the data directory that counts; always written together with `engine`
  bool guarded = false;             // only the platform gets in
  std::optional<api::ReplicationSettings> replication;  // one of several nodes
  std::optional<api::Upstream> upstream;                // the newest that it was told; a primary has no use for it
  bool detached = false;                                // a standby that is to receive nothing any more
  std::optional<api::BackupSettings> backup;            // absent: it archives nothing
  std::optional<api::LogEnd> fenced;  // where it was fenced for an heir; it has not been started since
};
PGBATON_JSON(Instance, name, database, engine, memory, locale, port, desired, data, guarded, replication, upstream,
             detached, backup, fenced)

class Journal {
 public:
  explicit Journal(store::Store& store) : store_(store) {}

  /// Keeps the job and the generation it carries. A job of this id that is there already is returned instead; a
  /// generation older than one seen is Code::stale_generation.
  struct Accepted {
    api::Job job;
    bool is_new = false;
  };
  [[nodiscard]] base::Result<Accepted> accept(const api::JobRequest& request);
  /// Code::stale_generation when a newer one was seen meanwhile.
  [[nodiscard]] base::Result<> check_generation(const api::JobRequest& request);
  [[nodiscard]] base::Result<> put(const api::Job& job);
  [[nodiscard]] base::Result<std::optional<api::Job>> job(const std::string& id);
  /// After a start: jobs that were running are interrupted now, and all but the newest 500 that have ended are
  /// forgotten.
  [[nodiscard]] base::Result<> recover();

  [[nodiscard]] base::Result<std::vector<Instance>> instances();
  [[nodiscard]] base::Result<std::optional<Instance>> instance(const std::string& name);
  [[nodiscard]] base::Result<> put(const Instance& instance);
  [[nodiscard]] base::Result<> forget_instance(const std::string& name);

 private:
  store::Store& store_;
};

}  // namespace pgbaton::agent
