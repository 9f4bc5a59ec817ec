// Takes the backups that are due by themselves: the first of a new line, one each day, a full one each week. It needs
// no server, and no operation of a database waits for it.
//
// One thread looks; each backup that runs has one of its own, two at most.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "agent/archiving.hpp"
#include "agent/instances.hpp"

namespace pgbaton::agent {

class BackupKeeper {
 public:
  BackupKeeper(const Config& config, Journal& journal, Instances& instances, const std::vector<engine::Source>& sources)
      : config_(config), journal_(journal), instances_(instances), sources_(sources) {}

  void begin();
  /// Asks backups that run to stop and waits for them.
  void end();
  /// An instance wants its first backup now: from here on only what is in the repository can be restored.
  void want(const std::string& instance);
  /// Ends a backup that runs of an instance that is about to go.
  void leave(const std::string& instance);

 private:
  using Steady = std::chrono::steady_clock;
  struct Seen {
    std::optional<Steady::time_point> without_backup;  // running since, as far as was seen
    Steady::time_point look_again{};
  };
  struct Running {
    bool ended = false;
    std::jthread thread;
  };
  void look();
  void look_at(const Instance& instance);
  [[nodiscard]] base::Result<> begin_if_due(const Instance& instance, Seen& seen, bool is_wanted);
  void start(const Instance& instance, api::BackupKind kind);
  [[nodiscard]] base::Result<> back_up(const Instance& instance, api::BackupKind kind,
                                       const std::stop_token& stop) const;
  void reap();

  const Config& config_;
  Journal& journal_;
  Instances& instances_;
  const std::vector<engine::Source>& sources_;
  std::map<std::string, Seen> seen_;  // the looking thread only
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::set<std::string> wanted_;
  std::map<std::string, Running> running_;
  std::jthread looking_;
};

}  // namespace pgbaton::agent
