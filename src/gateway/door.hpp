// The sessions of one database on one loop. Made and ended on any thread while its loop runs; everything else on the
// loop's.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>

#include "gateway/dialer.hpp"
#include "gateway/keys.hpp"
#include "gateway/loss.hpp"
#include "gateway/session.hpp"

namespace pgbaton::gateway {

class Door final : public Sessions {
 public:
  /// `tunnels`: of the process, counted by its dialers.
  Door(Loop& loop, std::shared_ptr<Served> served, Keys& keys, std::atomic<std::size_t>& tunnels);
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  [[nodiscard]] Loop& loop() { return loop_; }

  void accept(system::Fd client, std::string address);
  /// A session of another process, while the loop stands still. It has its id there, and keeps it.
  Session& adopt(std::int64_t id, std::string address);
  void cancel_session(std::int64_t id);
  template <typename Visit>
  void for_each(Visit&& visit) {
    std::vector<Session*> all;  // a visit may end sessions
    for (const auto& [id, session] : sessions_) all.push_back(session.get());
    for (auto* session : all) visit(*session);
  }
  /// Sessions get their spares on the candidate, each when it is its turn.
  void warm();
  /// The next question goes to the server that is served then.
  void forget_server() {
    dialer_.forget_server();
    lookup_.forget_server();
  }
  /// Gives idle sessions' server connections back, now and again; keeps what is known of sessions fresh.
  void begin_rounds();

  // Sessions
  void ended(Session& session) override;
  Lookup& lookup() override { return lookup_; }
  Dialer& dialer() override { return dialer_; }
  void cancel(const wire::CancelKey& key, Loop::Task done) override;
  wire::CancelKey register_key(Session& session, wire::ProtocolVersion version) override;
  void put_key(const wire::CancelKey& key, const Session& session) override;
  void forget_key(const wire::CancelKey& key) override { keys_.remove(key); }
  void queue_turn(Session& session) override;
  void turn_over() override;
  void lost() override { loss_.look_for_server(); }

 private:
  void park();
  void give_turns();

  Loop& loop_;
  std::shared_ptr<Served> served_;
  Keys& keys_;
  Dialer dialer_;
  Lookup lookup_;
  std::unordered_map<std::int64_t, std::unique_ptr<Session>> sessions_;
  Loss loss_;
  std::deque<std::int64_t> waiting_;  // sessions, for their turn
  int turns_ = 0;                     // that are under way
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pgbaton::gateway
