// One served database with its doors and its listeners, and the holds of it: prepare, hold, resume. Called by control's
// threads, one at a time for each database; sessions are looked at by tasks posted to their loops.
#pragma once

#include <functional>
#include <mutex>

#include "gateway/listener.hpp"

namespace pgbaton::gateway {

class Held {
 public:
  Held(std::shared_ptr<Served> served, std::vector<std::unique_ptr<Door>> doors)
      : served_(std::move(served)), doors_(std::move(doors)) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  [[nodiscard]] base::Result<> listen(const std::vector<std::string>& usual);
  /// For a socket that another process has listened on; then begin().
  void adopt_listener(system::Fd fd);
  /// Clients are accepted from here on.
  void begin();
  /// Sessions end, ports are given back. The last call.
  void close();

  [[nodiscard]] Served& served() { return *served_; }
  [[nodiscard]] api::GateStatus status();
  [[nodiscard]] std::vector<api::SessionView> sessions();
  [[nodiscard]] base::Result<> check_generation(base::Generation generation);

  /// With a candidate: opens and loads every session there too; without: gives up what was opened before.
  [[nodiscard]] base::Result<api::PrepareAnswer> prepare(const api::Prepare& asked);
  /// Code::busy: another operation holds it. Code::refused: somebody stands in the way and nobody may be ended; the
  /// gate is open again.
  [[nodiscard]] base::Result<api::HoldAnswer> hold(const api::Hold& asked);
  /// Sessions leave their server, once `persist` has made the new one what is served, for good. Code::refused: this
  /// operation does not hold it, or not any more.
  [[nodiscard]] base::Result<> move(const api::Move& asked, const std::function<base::Result<>()>& persist);
  /// Resuming what is not held is no error: the hold may have ended by its deadline.
  [[nodiscard]] base::Result<api::ResumeAnswer> resume(const api::Resume& asked);
  [[nodiscard]] base::Result<api::CompareAnswer> compare(const api::Resume& asked);
  /// Sessions end, as far as they may by now: the database is in maintenance.
  void make_way(Session::Transactions transactions);
  /// Sessions look again at what they kept back.
  void maintenance_over();
  /// Opens the gate of a hold whose deadline has passed. Called again and again.
  void enforce_deadline();

 private:
  friend class Giving;
  friend class Taking;

  enum class Gate { open, closing, closed, opening };
  struct Census {
    int sessions = 0;
    int waiting = 0;
    int parked = 0;
    int held = 0;
    int going_on = 0;
    int asking = 0;
    int chores = 0;
    int ready = 0;  // that wait on the candidate
    int unverified = 0;
    int early = 0;                             // that have to be back before the gate opens
    std::vector<api::SessionView> stragglers;  // in the middle of something
    std::vector<api::SessionView> uncarried;
  };

  /// Runs `visit` on every session, on the loops' threads, and waits until it has.
  void on_each(const std::function<void(Session&)>& visit);
  void on_each_door(const std::function<void(Door&)>& visit);
  [[nodiscard]] Census take_census();
  template <typename Condition>
  bool wait_until(base::Deadline deadline, Condition&& condition);

  [[nodiscard]] base::Result<int> drain(const api::Hold& asked);
  [[nodiscard]] base::Result<int> clear_uncarried(const api::Hold& asked);
  void end_consumers();
  void settle();
  [[nodiscard]] base::Result<> choose_candidate(const std::optional<api::ServerAddress>& candidate);
  void give_candidate_up();
  void open_gate();
  [[nodiscard]] api::ResumeAnswer await_resumed(base::Deadline deadline);
  void set_gate(Gate gate);
  [[nodiscard]] Listener::HandOut hand_out();

  std::shared_ptr<Served> served_;
  std::vector<std::unique_ptr<Door>> doors_;  // one for each loop
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::atomic<std::size_t> next_door_{0};

  std::mutex control_;  // held through each of prepare, hold, move, resume
  std::mutex mutex_;    // guards what follows
  Gate gate_ = Gate::open;
  std::string operation_;
  base::Generation generation_;
  base::Deadline deadline_ = base::Deadline::after(base::Millis{0});
  api::HoldAnswer answer_;
  bool moved_ = false;       // in this hold, or in the last one
  bool given_away_ = false;  // another process serves it now
};

}  // namespace pgbaton::gateway
