// The databases that a gateway process serves, on its loops. It depends on neither server nor agent: what it serves is
// in its own file, and a hold ends by its own clock. Used by control's threads.
#pragma once

#include <map>
#include <memory>
#include <thread>

#include "gateway/config.hpp"
#include "gateway/hold.hpp"

namespace pgbaton::gateway {

/// All loops with their threads.
class Loops {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<Loops>> start(std::size_t count);
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  ~Loops() { stop(); }
  /// Joins the threads: afterwards what lived on them may be destroyed anywhere.
  void stop();
  [[nodiscard]] std::size_t count() const { return loops_.size(); }
  [[nodiscard]] Loop& at(std::size_t index) { return *loops_.at(index); }

 private:
  Loops() = default;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::jthread> threads_;
};

class Gateway {
  friend class Giving;
  friend class Taking;

 public:
  Gateway(Config config, Loops& loops) : config_(std::move(config)), loops_(loops) {}
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Serves what its file says. One database that cannot be served, its port taken or a file away, stops no other.
  [[nodiscard]] base::Result<> begin();
  /// Tries to serve what could not be served so far.
  void retry();
  /// Serves the database, or changes how; its certificate is read anew.
  [[nodiscard]] base::Result<> serve(const api::ServedDatabase& database);
  [[nodiscard]] base::Result<> forget(const std::string& name);
  [[nodiscard]] base::Result<> move(const std::string& name, const api::Move& asked);
  /// From now on, and for the next process too; absent: no longer.
  [[nodiscard]] base::Result<> set_maintenance(const std::string& name, const std::optional<api::Maintenance>& wanted);
  /// Ends what of the sessions has to end by now, and the maintenance whose time is over. Called again and again.
  void mind_maintenance(Held& held);
  /// Code::unreachable when another process serves now.
  [[nodiscard]] base::Result<> check_serves();
  /// Code::not_found when no such database is served.
  [[nodiscard]] base::Result<std::shared_ptr<Held>> find(const std::string& name);
  [[nodiscard]] std::vector<std::shared_ptr<Held>> all();
  /// Connections to servers of other hosts, those of sessions that were given away included.
  [[nodiscard]] std::size_t tunnels() const { return tunnels_; }
  /// Sessions end. What they were made of goes with the gateway, after the loops have stopped.
  void end();

 private:
  [[nodiscard]] base::Result<> read_secret();
  [[nodiscard]] base::Result<> check_here() const;
  [[nodiscard]] base::Result<std::shared_ptr<Held>> make(const api::ServedDatabase& database);
  [[nodiscard]] base::Result<> open(const api::ServedDatabase& database);
  [[nodiscard]] base::Result<> save();
  [[nodiscard]] base::Result<> repoint(Served& served, const api::ServerAddress& server);
  [[nodiscard]] base::Result<> change(Served& served, const std::function<void(api::ServedDatabase&)>& how);
  void end_maintenance(Served& served);

  const Config config_;
  Loops& loops_;
  Keys keys_;
  std::atomic<std::size_t> tunnels_{0};
  base::Secret secret_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Held>> databases_;  // guarded by mutex_
  std::map<std::string, api::ServedDatabase> unserved_;     // guarded by mutex_
  std::vector<std::shared_ptr<Held>> forgotten_;            // guarded by mutex_
  bool given_away_ = false;                                 // guarded by mutex_; another process serves now
};

}  // namespace pgbaton::gateway
