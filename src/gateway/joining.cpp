// A server leg for the session: connected, logged in as the client, its state re-created and compared.
#include "gateway/session.hpp"
#include "system/random.hpp"
#include "wire/messages.hpp"

namespace pgbaton::gateway {
namespace {

constexpr base::Millis kAgain{5};
constexpr base::Millis kVerify{200};  // the servers' processors are busy with those who wait until then
constexpr std::chrono::seconds kFirstPatience{10};
constexpr std::chrono::seconds kLoginLossPatience{50};
constexpr std::chrono::seconds kFullPatience{1};
constexpr std::chrono::seconds kMovePatience{60};
constexpr std::chrono::seconds kLockPatience{2};
constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;

std::string sqlstate_of(const std::string& refusal) {
  const auto notice = wire::read_notice(std::string_view{refusal}.substr(wire::kHeader));
  return notice ? notice->sqlstate : "";
}

}  // namespace

void Session::begin_joining() {
  give_up_ = Steady::now() + (welcomed_ ? kMovePatience : first_patience());
  join_ = Join::none;
  set_phase(Phase::joining);
  if (!served_->gate_closed) return connect();
  if (!waiting_since_) waiting_since_ = Steady::now();
}

void Session::connect() {
  server_.close();
  if (take_spare()) return;
  auto fd = sessions_.dialer().connect(served_->server());
  if (!fd) return retry_connect(fd.error());
  join_ = Join::logging_in;
  server_.open(std::move(*fd));
  login_.emplace(startup_, protocol_, credentials_, system::random_secret(24).reveal());
  server_.send(login_->start());
}

/// A client that logs in waits for the next server as those do that are logged in.
std::chrono::seconds Session::first_patience() const {
  return served_->waits_on_loss ? kLoginLossPatience : kFirstPatience;
}

void Session::wait_at_gate() {
  join_ = Join::none;
  end_turn();
  if (welcomed_)
    set_phase(Phase::active);
  else if (!waiting_since_)
    waiting_since_ = Steady::now();
  served_->bell.ring();
}

void Session::retry_connect(const base::Error& error) {
  server_.close();
  if (served_->gate_closed && !is_early_) return wait_at_gate();
  if (welcomed_ && served_->waits_on_loss && !served_->gate_closed) return wait_for_server();
  join_ = Join::connecting;
  end_turn();
  if (!served_->gate_closed && Steady::now() >= give_up_)
    return end("57P03", fmt::format("the database is not reachable: {}", error.message), "Try again in a few seconds.");
  loop_.after(kAgain, [this, alive = alive_] {
    if (*alive && phase_ == Phase::joining && join_ == Join::connecting) connect();
  });
}

void Session::on_joining() {
  if (client_.ended && client_.unread.empty()) return close();
  // To notice that the client has gone, and to keep its next request.
  client_.fill(loop_.scratch().size());
  if (join_ != Join::logging_in && join_ != Join::restoring) return;
  if (!server_.flush()) return retry_connect({base::Code::unreachable, "it ended the connection"});
  while (phase_ == Phase::joining && server_.is_open()) {
    if (const auto message = server_.next_message()) {
      const std::string raw = server_.unread.substr(0, message->frame.size());
      const wire::Message own{message->frame, std::string_view{raw}.substr(wire::kHeader)};
      server_.consume(raw.size());
      if (join_ == Join::logging_in)
        on_login(own);
      else
        on_restoring(own, raw);
      continue;
    }
    if (server_.fill(kLongestAnswer)) continue;
    if (server_.ended) return retry_connect({base::Code::unreachable, "it ended the connection"});
    return;
  }
}

void Session::on_login(const wire::Message& message) {
  const auto reply = login_->receive(message);
  if (!reply) return end("08006", fmt::format("the server could not be logged in to: {}", reply.error().message));
  if (!reply->empty()) server_.send(*reply);
  switch (login_->state()) {
    case wire::ServerLogin::State::going_on:
      return;
    case wire::ServerLogin::State::refused:
      if (passes_soon(sqlstate_of(login_->refusal())))
        return retry_connect({base::Code::unreachable, "it does not let anybody in yet"});
      client_.send(login_->refusal());
      return close();
    case wire::ServerLogin::State::ready:
      break;
  }
  server_key_ = login_->key();
  server_parameters_ = login_->parameters();
  is_moving_ = welcomed_;
  if (!welcomed_) return welcome();
  if (wire::is_plain(*known_) && journal_.unnamed().empty()) return joined();
  const auto restore = wire::restore(*known_, journal_.unnamed());
  restore_error_.clear();
  restore_sqlstate_.clear();
  syncs_left_ = restore.syncs;
  join_ = Join::restoring;
  server_.send(restore.bytes);
}

// The server is starting or stopping; or connections that have ended still count, if it is not a limit that stays.
bool Session::passes_soon(std::string_view sqlstate) const {
  const auto now = Steady::now();
  if (sqlstate == "53300") return now < (welcomed_ ? give_up_ : give_up_ - first_patience() + kFullPatience);
  return sqlstate.starts_with("57P0") && now < give_up_;
}

void Session::welcome() {
  if (timer_) loop_.cancel(*std::exchange(timer_, std::nullopt));
  key_ = sessions_.register_key(*this, protocol_);
  welcomed_ = true;
  std::string bytes = std::exchange(proof_end_, {}) + wire::authentication_ok() + login_->notices();
  for (const auto& [name, value] : server_parameters_) {
    bytes += wire::parameter_status(name, value);
    journal_.set_parameter(name, value);
  }
  server_parameters_.clear();
  // Nothing was done in it yet: what a new login has by itself comes back with a new login.
  if (!startup_.is_replication())
    known_ = wire::SessionState{
        .session_user = std::string{startup_.user()}, .login_user = std::string{startup_.user()}, .role = "none"};
  client_.send(bytes + wire::backend_key_data(key_) + wire::ready_for_query('I'));
  joined();
}

// The answers are ours; what others notify on the channels is the client's.
void Session::on_restoring(const wire::Message& message, std::string_view raw) {
  switch (message.frame.type) {
    case 'E':
      if (const auto notice = wire::read_notice(message.body); restore_error_.empty()) {
        restore_error_ = notice ? notice->message : "an error";
        restore_sqlstate_ = notice ? notice->sqlstate : "";
      }
      return;
    case 'A':
      client_.send(raw);
      return;
    case 'S':
      if (auto status = wire::read_parameter_status(message.body)) server_parameters_.push_back(std::move(*status));
      return;
    case 'Z':
      if (--syncs_left_ == 0) restored();
      return;
    default:
      return;
  }
}

void Session::restored() {
  // A lock that a spare, gone a moment ago, may still have.
  if (restore_sqlstate_ == "22012" && Steady::now() < give_up_ - kMovePatience + kLockPatience)
    return retry_connect({base::Code::unreachable, restore_error_});
  if (!restore_error_.empty()) return join_failed(restore_error_);
  unverified_ = true;
  joined();
}

void Session::join_failed(std::string_view why) {
  served_->note_ended(fmt::format("session {} of {}: {}", id_, startup_.user(), why));
  end("57P01", fmt::format("this session could not be carried over: {}", why), "Connect again.");
}

// The client is told of the differences only: some drivers close when a value changes that should not (pgjdbc).
void Session::adopt_parameters() {
  std::string bytes;
  std::map<std::string, std::string> last;
  for (auto& [name, value] : std::exchange(server_parameters_, {})) last[name] = value;
  for (const auto& [name, value] : last) {
    const auto seen = journal_.parameters().find(name);
    if (seen != journal_.parameters().end() && seen->second == value) continue;
    bytes += wire::parameter_status(name, value);
    journal_.set_parameter(name, value);
  }
  if (!bytes.empty()) client_.send(bytes);
}

void Session::joined() {
  join_ = Join::none;
  is_early_ = false;
  end_turn();
  end_loss();
  login_.reset();
  adopt_parameters();
  server_.walker = {};
  if (is_moving_) {
    kept_for_.reset();
    machine_.moved();
    journal_.snapshot_taken();
    passage_.moved = true;
    ++served_->counters.moved;
  }
  if (unverified_)
    loop_.after(kVerify, [this, alive = alive_] {
      if (*alive) verify();
    });
  if (client_.unread.empty()) stop_waiting();  // else its request goes on in a moment
  set_phase(Phase::active);
  step();
}

}  // namespace pgbaton::gateway
