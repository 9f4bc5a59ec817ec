// Streams the log of every running primary of this host into the spool beside its repository, so that what can be
// restored ends seconds ago and not with the last finished segment. PostgreSQL's own pg_receivewal does it, of the
// instance's engine.
//
// Without a replication slot: what PostgreSQL removes is in the archive, which holds it back until then. So nothing is
// to be moved along when the primary changes, and nothing can fill its disk.
//
// One thread looks; each stream has one of its own.
#pragma once

#include <map>
#include <mutex>
#include <thread>

#include "agent/archiving.hpp"
#include "agent/instances.hpp"

namespace pgbaton::agent {

class TailKeeper {
 public:
  TailKeeper(const Config& config, Journal& journal, const Instances& instances)
      : config_(config), journal_(journal), instances_(instances) {}

  void begin();
  void end();
  /// Ends the stream of an instance that is about to go.
  void leave(const std::string& instance);

 private:
  struct Stream {
    std::string stanza;
    std::string timeline;
    bool ended = false;
    std::jthread thread;
  };
  struct Wanted {
    std::string stanza;
    std::string timeline;
    postgres::Spec spec;
  };
  void look();
  [[nodiscard]] base::Result<> look_at(const Instance& instance);
  [[nodiscard]] base::Result<std::optional<Wanted>> wanted_of(const Instance& instance) const;
  [[nodiscard]] bool makes_room(const std::string& instance);
  void start(const std::string& instance, const Wanted& wanted);
  void receive(const Wanted& wanted, const std::stop_token& stop) const;
  void prune();
  [[nodiscard]] std::size_t prune_one(const std::string& stanza, const std::string& written);

  const Config& config_;
  Journal& journal_;
  const Instances& instances_;
  std::mutex mutex_;
  std::map<std::string, Stream> streams_;  // guarded by mutex_
  // The looking thread only: an object store is not listed at each look.
  std::map<std::string, std::chrono::steady_clock::time_point> list_again_;  // by stanza
  std::chrono::steady_clock::time_point store_again_{};
  std::jthread looking_;
};

}  // namespace pgbaton::agent
