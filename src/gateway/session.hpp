// A client's session: the client's leg, the server's leg, and where it stands. Lives on one loop's thread from accept
// to close.
//
//   entry → proving → joining → active ⇄ (asking its state) ; active → parked → joining → active
//                        ↑________ its server leg ended while the gate was closed ________|
//
// A session at a safe boundary while the gate is closed is held: nothing of the client's goes on, its state is known,
// and its server leg may end without the client noticing. It goes on when the gate opens: with its leg, or with a new
// one on which its state was re-created and compared.
#pragma once

#include <chrono>
#include <optional>

#include "gateway/leg.hpp"
#include "gateway/lookup.hpp"
#include "gateway/served.hpp"
#include "gateway/spare.hpp"
#include "wire/client_login.hpp"
#include "wire/server_login.hpp"
#include "wire/session.hpp"
#include "wire/snapshot.hpp"

namespace pgbaton::gateway {

class Session;
class Pumps;

/// A session on its way to another process.
struct Parcel {
  /// A leg inside TLS is a socketpair to the other process: its end there, and here.
  struct Detour {
    Leg* leg = nullptr;
    system::Fd there;
    system::Fd here;
  };
  base::Json image;
  std::vector<int> descriptors;  // of the client, then of the server if the image says that there is one
  std::vector<Detour> detours;
};

/// The sessions of one database on one loop; owns them.
class Sessions {
 public:
  virtual ~Sessions() = default;
  virtual void ended(Session& session) = 0;
  virtual Lookup& lookup() = 0;
  virtual Dialer& dialer() = 0;
  /// A cancel request names a session that may be on another loop. done runs on this loop when it was dealt with.
  virtual void cancel(const wire::CancelKey& key, Loop::Task done) = 0;
  [[nodiscard]] virtual wire::CancelKey register_key(Session& session, wire::ProtocolVersion version) = 0;
  /// A key that the session's client was told of by another process.
  virtual void put_key(const wire::CancelKey& key, const Session& session) = 0;
  virtual void forget_key(const wire::CancelKey& key) = 0;
  /// It has work for a server that nobody waits for: begin_turn() is called when it is its turn.
  virtual void queue_turn(Session& session) = 0;
  virtual void turn_over() = 0;
  /// A session waits for the next server.
  virtual void lost() = 0;
};

class Session final : Leg::Owner {
 public:
  /// What becomes of an open one when the database goes into maintenance.
  enum class Transactions { finish, cut };
  enum class Phase { entry, proving, joining, active, parked, closing };
  using Steady = std::chrono::steady_clock;

  Session(std::int64_t id, Loop& loop, std::shared_ptr<Served> served, Sessions& sessions, std::string client_address);
  ~Session() override;
  void begin(system::Fd client);

  // ---- what control asks for, on the loop's thread

  /// The gate has closed, or its closing is looked at again.
  void gate_closed();
  /// Reads its state if that may be stale and it stands at a boundary, when it is its turn.
  void prepare();
  /// Asks the server for nothing: what was notified meanwhile comes before its answer.
  void settle();
  /// While the gate is closed: gets its server leg back, so that others find its locks taken and its channels heard.
  void rejoin();
  void gate_opened();
  void park_if_idle(base::Millis after);
  /// What it has to do without anybody waiting for it (turns.cpp).
  void begin_turn();
  void queue_turn();
  void queue_warming();
  void drop_spare();
  /// Its server has died and it waits for the next one: told whether one is there.
  void server_looked_for(bool is_up);
  /// Reads its state when it is not known and that does not disturb; whether the server has work with it.
  bool keep_known();
  /// While it is held: its server is its own no longer, and may end or not.
  void leave_server();
  void cancel();
  /// The database is in maintenance: ends if it stands between transactions; cut: wherever it stands.
  void make_way(Transactions transactions);
  void maintenance_over();
  /// With a FATAL error; what is on its way to the client is given up.
  void end(std::string_view sqlstate, std::string_view message, std::string_view hint = "");

  [[nodiscard]] std::int64_t id() const { return id_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  /// Nothing of it is in flight and its state is known.
  [[nodiscard]] bool is_held() const;
  [[nodiscard]] bool is_at_boundary() const;
  [[nodiscard]] bool is_waiting() const { return waiting_since_.has_value(); }
  /// In its right place for an open gate: active or parked, or not let in yet.
  [[nodiscard]] bool goes_on() const;
  [[nodiscard]] bool needs_early_rejoin() const;
  [[nodiscard]] bool has_channels() const { return known_ && !known_->channels.empty(); }
  [[nodiscard]] bool is_settled() const { return !asking_ && checks_ == 0; }
  /// Compared with what it was before it was re-created, if it was.
  [[nodiscard]] bool is_verified() const { return phase_ != Phase::active || (!unverified_ && !verifying_); }
  [[nodiscard]] bool is_lost() const { return lost_since_.has_value(); }
  [[nodiscard]] bool wants_spare() const;
  /// Waits for its turn, or has it.
  [[nodiscard]] bool has_chores() const { return is_queued_ || has_turn_; }
  [[nodiscard]] bool is_ready_to_move() const { return spare_ && spare_->stage() == Spare::Stage::ready; }
  [[nodiscard]] std::vector<std::string> uncarried() const;
  /// A replication connection on the server.
  [[nodiscard]] bool is_consumer() const { return startup_.is_replication() && server_.is_open(); }
  [[nodiscard]] api::SessionView view() const;

  // ---- session_image.cpp: while its loop stands still, so that another process can go on with it

  /// In the middle of something that no image holds and that ends within moments: better waited for.
  [[nodiscard]] bool is_in_passage() const;
  /// Why it can neither be given away nor ended for that; empty: it can.
  [[nodiscard]] std::string_view stays_because() const;
  /// False: its login is ended when the others are given away.
  [[nodiscard]] bool can_be_given() const;
  [[nodiscard]] base::Result<Parcel> pack();
  /// After its parcel has arrived: all that is left of it here is TLS.
  void given_away(Parcel& parcel, Pumps& pumps);
  /// What pack() made elsewhere, in a new session that was not begun.
  void unpack(const base::Json& image, system::Fd client, system::Fd server);
  /// On its loop, when it is this process that serves.
  void go_on();

  /// Since the last gate_closed: how long its request waited, whether it was re-created.
  struct Passage {
    std::optional<std::chrono::nanoseconds> waited;
    bool moved = false;
  };
  [[nodiscard]] const Passage& passage() const { return passage_; }

 private:
  /// What becomes of what the client still sends to a server that has died in the middle of its transaction.
  enum class Denial { none, next_request, until_sync };
  enum class Join { none, connecting, logging_in, restoring, finishing };  // finishing: its spare

  void on_ready(Leg& leg) override;
  void step();
  void close();
  void set_phase(Phase phase);

  // session_image.cpp
  [[nodiscard]] base::Json image_of_login() const;
  [[nodiscard]] base::Json image_of_state() const;
  void take_login(const base::Json& image);
  void take_state(const base::Json& image);
  [[nodiscard]] base::Result<> pack(Leg& leg, const char* name, Parcel& parcel);

  // entry.cpp: until the client's startup packet is understood
  void on_entry();
  bool read_startup();
  void begin_tls();
  void continue_tls();
  void take(const wire::StartupPacket& packet);
  void take(const wire::SslRequest&);
  void take(const wire::GssRequest&);
  void take(const wire::CancelRequest& request);
  void take(const wire::StartupMessage& message);

  // proving.cpp: until the client has proven who it is
  void begin_proving();
  void ask_verifier();
  void got_verifier(const base::Result<base::Secret>& rolpassword);
  void on_proving();

  // joining.cpp: until there is a server leg with the session's state on it
  void begin_joining();
  void connect();
  void retry_connect(const base::Error& error);
  void wait_at_gate();
  [[nodiscard]] std::chrono::seconds first_patience() const;
  void on_joining();
  void on_login(const wire::Message& message);
  void on_restoring(const wire::Message& message, std::string_view raw);
  [[nodiscard]] bool passes_soon(std::string_view sqlstate) const;
  void welcome();
  void restored();
  void adopt_parameters();
  void joined();
  void join_failed(std::string_view why);

  // candidate.cpp: its server leg to be
  void on_spare();
  bool take_spare();
  void finished();

  // lost.cpp: when its server dies
  void note_request(const wire::Message& message);
  [[nodiscard]] std::optional<std::string_view> text_of(const wire::Message& message) const;
  [[nodiscard]] std::optional<std::string_view> text_of_unnamed() const;
  [[nodiscard]] bool is_farewell(const wire::Message& message);
  [[nodiscard]] bool is_undecided() const;  // whether its server has died, or ended this session only
  void server_lost();
  void tell_loss();
  void wait_for_server();
  void end_loss();
  [[nodiscard]] bool is_denying() const { return denial_ != Denial::none || denied_rest_ > 0; }
  void deny();
  bool deny_message();
  void answer_denied(char type, std::string_view body);

  // relay.cpp: while bytes pass
  void on_active();
  void relay(Leg& from, Leg& to);
  bool relay_some(Leg& from, Leg& to);
  [[nodiscard]] static bool has_room(Leg& to);
  bool pass_on(Leg& to, std::string_view bytes);
  [[nodiscard]] wire::Pass see_client(const wire::Message& message);
  [[nodiscard]] wire::Pass see_server(const wire::Message& message);
  [[nodiscard]] bool must_wait() const;
  void stop_waiting();
  void server_left();

  // cancel.cpp
  void cancel_waiting();

  // making_way.cpp: the database is in maintenance
  [[nodiscard]] bool is_shut_out() const;
  void refuse_in_maintenance();

  // asking.cpp: reading the state of the session from its server
  void ask(wire::Kept after = wire::Kept::no);
  [[nodiscard]] std::string question(wire::Kept after);
  [[nodiscard]] bool is_at_work() const;
  [[nodiscard]] bool is_asked_again() const;
  [[nodiscard]] bool is_worth_asking() const;
  void on_asking();
  void take_answer(const wire::Message& message, std::string_view raw);
  void answered(bool known);
  void settled();
  void check_key();
  [[nodiscard]] bool is_key_of(const base::Secret& rolpassword) const;
  void verify();
  void on_held();

  // candidate.cpp, turns.cpp: what nobody waits for
  bool warm();
  void queue_rejoin();
  bool rejoin_idle();
  bool ask_in_turn();
  bool verify_in_turn();
  void end_turn();

  const std::int64_t id_;
  Loop& loop_;
  std::shared_ptr<Served> served_;
  Sessions& sessions_;
  const std::string client_address_;

  Leg client_;
  Leg server_;
  Phase phase_ = Phase::entry;
  std::chrono::system_clock::time_point since_ = std::chrono::system_clock::now();
  Steady::time_point touched_ = Steady::now();
  std::shared_ptr<const Tls> tls_;  // what it began with
  bool in_handshake_ = false;
  bool direct_tls_ = false;  // begun without an SSLRequest
  bool counted_ = false;
  bool has_detour_ = false;  // its TLS is kept by a process that served before this one
  bool is_cancel_ = false;   // no session: a CancelRequest whose connection ends when it was dealt with

  wire::StartupMessage startup_;
  wire::ProtocolVersion protocol_;
  std::optional<wire::ClientLogin> proof_;
  wire::Credentials credentials_;
  std::string proof_end_;  // SASLFinal, sent when the server has let the user in
  wire::CancelKey key_;    // that the client knows
  wire::CancelKey server_key_;

  Join join_ = Join::none;
  bool welcomed_ = false;   // the client was let in once
  bool is_moving_ = false;  // this server leg is not its first
  std::optional<wire::ServerLogin> login_;
  Steady::time_point give_up_;
  std::optional<Loop::Timer> timer_;
  int syncs_left_ = 0;
  std::string restore_error_;
  std::string restore_sqlstate_;
  std::optional<wire::SessionState> restored_;
  std::vector<std::pair<std::string, std::string>> server_parameters_;  // reported by the new leg, in their order

  bool is_early_ = false;  // it joins while the gate is closed

  // Since the first of the requests that are under way: the state may have been changed before it; what was sent may
  // commit, or only begins a transaction.
  bool was_changed_ = false;
  bool commit_sent_ = false;
  bool only_begins_ = false;
  bool asks_soon_ = false;
  std::optional<Steady::time_point> lost_since_;
  std::string farewell_;  // of a server that may have died
  Denial denial_ = Denial::none;
  std::size_t denied_rest_ = 0;  // of a message that is not passed on
  std::string loss_error_;       // an ErrorResponse

  std::unique_ptr<Spare> spare_;
  bool is_queued_ = false;
  bool has_turn_ = false;
  bool rejoin_due_ = false;
  bool ask_due_ = false;
  bool verify_due_ = false;
  bool warm_due_ = false;

  wire::SessionMachine machine_;
  wire::Journal journal_;
  std::optional<wire::SessionState> known_;
  bool asking_ = false;
  std::optional<std::set<std::string>> kept_for_;  // the statement that asks is kept at the server, with these names
  bool asks_with_kept_ = false;
  bool settling_ = false;
  int checks_ = 0;           // of its key, on their way
  bool key_is_old_ = false;  // the role has another password now
  bool unverified_ = false;  // re-created, not compared yet
  bool verifying_ = false;
  bool parks_next_ = false;  // as soon as its state is read
  std::string ask_error_;    // why its state could not be read
  bool leaving_ = false;     // its server has ended: closed when the client has read everything
  bool terminated_ = false;  // its client has said that it ends
  int cancels_ = 0;          // on their way to the server: no request may begin
  Steady::time_point request_began_;
  std::optional<Steady::time_point> waiting_since_;
  Passage passage_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pgbaton::gateway
