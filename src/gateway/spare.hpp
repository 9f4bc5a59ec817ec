// A second server leg of a session, on the candidate: a standby that is about to become the session's server. It is
// logged in as the client and loaded with the session's state, and nothing of the client's passes through it. When the
// standby has been promoted what it refused until then is made good, and the session takes the leg over. Owned by its
// session, on the session's loop.
#pragma once

#include "api/gateway.hpp"
#include "gateway/dialer.hpp"
#include "gateway/leg.hpp"
#include "wire/server_login.hpp"
#include "wire/snapshot.hpp"

namespace pgbaton::gateway {

class Spare final : Leg::Owner {
 public:
  /// stale: logged in, what it has is not what was asked for. failed: it is of no use any more.
  enum class Stage { logging_in, loading, stale, ready, failed };
  /// Called whenever it has become stale, ready or failed. It may not destroy the spare before the end of the turn.
  using Told = std::move_only_function<void()>;

  Spare(Loop& loop, Dialer& dialer, api::ServerAddress server, Told told);
  Spare(const Spare&) = delete;
  Spare& operator=(const Spare&) = delete;

  void open(wire::ServerLogin login);
  /// The session's state as it is now; what was loaded before is replaced. On a server that was promoted
  /// (During::writable) it ends with the server's own last words on its parameters: in_hot_standby is off. Not after it
  /// has failed.
  void load(wire::SessionState state, std::string unnamed, wire::During during);
  void close();

  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] const api::ServerAddress& server() const { return server_; }
  [[nodiscard]] bool holds(const wire::SessionState& state, const std::string& unnamed) const;
  /// Somebody else has an advisory lock that it is to have: for a moment, if that one is about to give it up.
  [[nodiscard]] bool lacks_lock() const { return stage_ == Stage::stale && error_ == "22012"; }

  // ---- for the session that takes it over, when it is ready

  [[nodiscard]] Leg& leg() { return leg_; }
  [[nodiscard]] const wire::CancelKey& key() const { return key_; }
  /// Reported, in their order.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> take_parameters() { return std::move(parameters_); }

 private:
  struct Load {
    wire::SessionState state;
    std::string unnamed;
    wire::During during = wire::During::recovery;
  };

  void on_ready(Leg& leg) override;
  void take(const wire::Message& message);
  void take_login(const wire::Message& message);
  void begin(Load load);
  [[nodiscard]] wire::Restore messages_for(const Load& load) const;
  void loaded();
  void fail();

  Dialer& dialer_;
  const api::ServerAddress server_;
  Told told_;
  Leg leg_;
  Stage stage_ = Stage::logging_in;
  std::optional<wire::ServerLogin> login_;
  wire::CancelKey key_;
  std::vector<std::pair<std::string, std::string>> parameters_;
  std::optional<Load> next_;  // asked for while another was loaded
  Load load_;                 // what is loaded now, or was last
  bool is_pristine_ = true;   // nothing was ever loaded
  bool is_whole_ = false;     // load_ was loaded without an error
  int syncs_left_ = 0;
  std::string error_;  // SQLSTATE
};

}  // namespace pgbaton::gateway
