// The state of a session, read from its server between its requests; and what follows from knowing it: held, parked,
// moved.
#include "base/text.hpp"
#include "gateway/session.hpp"
#include "wire/messages.hpp"

namespace pgbaton::gateway {
namespace {

constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;
constexpr base::Millis kVerifyAgain{20};
constexpr std::chrono::seconds kAtWork{10};

}  // namespace

void Session::ask(wire::Kept after) {
  asking_ = true;
  ask_error_.clear();
  restored_.reset();
  server_.send(question(after));
  on_asking();
}

/// The messages that ask, with the statement that was kept for these names if there is one.
std::string Session::question(wire::Kept after) {
  const auto& names = journal_.placeholders();
  asks_with_kept_ = kept_for_ == names;
  std::optional<std::string> question;
  if (asks_with_kept_)
    question = wire::ask_state_again(after);
  else if (after == wire::Kept::yes)
    question = wire::ask_state_and_keep(names);
  kept_for_.reset();
  if (!question) return wire::ask_state(names);
  if (after == wire::Kept::yes) kept_for_ = names;
  return *std::move(question);
}

void Session::on_asking() {
  client_.fill(loop_.scratch().size());
  if (!client_.flush() || (client_.ended && client_.unread.empty())) return close();
  if (!server_.flush()) server_.ended = true;
  while (asking_) {
    const auto message = server_.next_message();
    if (!message) {
      if (server_.fill(kLongestAnswer)) continue;
      if (server_.ended) answered(false);
      return;
    }
    const std::string raw = server_.unread.substr(0, message->frame.size());
    const wire::Message own{message->frame, std::string_view{raw}.substr(wire::kHeader)};
    server_.consume(raw.size());
    if (own.frame.type == 'Z') return settling_ ? settled() : answered(restored_.has_value());
    take_answer(own, raw);
  }
}

// What others notify, and what the server reports, is the client's.
void Session::take_answer(const wire::Message& message, std::string_view raw) {
  switch (message.frame.type) {
    case 'D':
      if (const auto row = wire::read_data_row(message.body); row && !row->empty() && row->front())
        if (auto state = wire::read_state(*row->front())) restored_ = std::move(*state);
      return;
    case 'E': {
      const auto notice = wire::read_notice(message.body);
      ask_error_ = notice ? notice->message : "the server's answer makes no sense";
      return;
    }
    case 'A':
    case 'N':
    case 'S':
      journal_.server_sent(message);
      client_.send(raw);
      return;
    default:
      return;
  }
}

void Session::answered(bool known) {
  if (std::exchange(asks_with_kept_, false) && !known && !server_.ended) {  // DEALLOCATE ALL takes it along
    kept_for_.reset();
    return ask();
  }
  asking_ = settling_ = false;
  end_turn();
  if (known) {
    const auto was = std::exchange(known_, std::move(restored_));
    journal_.snapshot_taken();
    if (std::exchange(verifying_, false) && was)
      if (const auto differences = wire::differences(*was, *known_); !differences.empty())
        return join_failed(base::join(differences, "; "));
  } else if (!server_.ended) {
    known_.reset();
    if (ask_error_.empty()) ask_error_ = "the server's answer makes no sense";
  }
  restored_.reset();
  if (std::exchange(parks_next_, false) && known)
    park_if_idle(base::Millis{served_->settings()->database.park_after_ms});
  if (served_->gate_closed) served_->bell.ring();
  if (phase_ != Phase::closing) step();
}

void Session::on_held() {
  if (known_ && !journal_.is_dirty()) return served_->bell.ring();
  if (ask_error_.empty() && server_.is_open()) ask();
}

void Session::gate_closed() {
  passage_ = {};
  is_early_ = false;
  if (phase_ == Phase::joining && join_ == Join::connecting) return wait_at_gate();
  if (is_at_boundary() && !startup_.is_replication()) on_held();
}

// It logs in again with the key of its password: after a change of the password that is refused.
void Session::check_key() {
  if (!std::holds_alternative<wire::ScramKeys>(credentials_) || checks_ > 0) return;
  ++checks_;
  sessions_.lookup().ask(std::string{startup_.user()}, [this, alive = alive_](const base::Result<base::Secret>& found) {
    if (!*alive) return;
    --checks_;
    if (found) key_is_old_ = !is_key_of(*found);
    served_->bell.ring();
  });
}

bool Session::is_key_of(const base::Secret& rolpassword) const {
  const auto verifier = wire::parse_verifier(rolpassword.reveal());
  const auto* scram = verifier ? std::get_if<wire::ScramVerifier>(&*verifier) : nullptr;
  return scram != nullptr && scram->stored_key.reveal() == std::get<wire::ScramKeys>(credentials_).stored_key.reveal();
}

void Session::prepare() {
  ask_error_.clear();
  if (phase_ == Phase::active || phase_ == Phase::parked) check_key();
  const bool can_ask = is_at_boundary() && server_.is_open() && !startup_.is_replication();
  if (!can_ask || !is_worth_asking()) return;
  ask_due_ = true;
  queue_turn();
}

bool Session::is_at_work() const { return Steady::now() - touched_ < kAtWork; }

/// Between the preparation and the hold.
bool Session::is_asked_again() const { return kept_for_ || (served_->candidate() && is_at_work()); }

/// One at work will be asked again while all are held, so that the statement for it is kept in any case.
bool Session::is_worth_asking() const { return !known_ || journal_.is_dirty() || (is_at_work() && !kept_for_); }

// Whether the session that was re-created is the one that was. Each step of making it was answered without an error, so
// nobody waits for this; what the client has changed since is not compared.
void Session::verify() {
  if (phase_ != Phase::active || !unverified_ || !server_.is_open()) return;
  if (!is_at_boundary() || served_->gate_closed) {
    loop_.after(kVerifyAgain, [this, alive = alive_] {
      if (*alive) verify();
    });
    return;
  }
  verify_due_ = true;
  queue_turn();
}

// Before it says ReadyForQuery a server delivers what others have notified (ProcessNotifyInterrupt in PostgresMain).
void Session::settle() {
  if (!is_at_boundary() || !server_.is_open()) return;
  asking_ = settling_ = true;
  server_.send(wire::sync());
  on_asking();
}

void Session::settled() {
  asking_ = settling_ = false;
  served_->bell.ring();
}

void Session::rejoin() {
  if (phase_ != Phase::active || server_.is_open()) return;
  is_early_ = served_->gate_closed;
  begin_joining();
  if (join_ == Join::none && phase_ == Phase::joining) connect();
}

void Session::gate_opened() {
  if (phase_ == Phase::proving && waiting_since_ && !proof_) {
    stop_waiting();
    give_up_ = Steady::now() + first_patience();
    return ask_verifier();
  }
  if (phase_ == Phase::joining && join_ == Join::none) return begin_joining();
  if (phase_ == Phase::active && !server_.is_open()) return is_waiting() ? rejoin() : queue_rejoin();
  step();
}

// Between its requests a session needs no server, if its state can be made again.
void Session::park_if_idle(base::Millis after) {
  if (!is_at_boundary() || !server_.is_open() || served_->gate_closed || startup_.is_replication()) return;
  if (!client_.unread.empty() || Steady::now() - touched_ < after) return;
  if (!known_ || journal_.is_dirty()) {
    if (!ask_error_.empty()) return;
    parks_next_ = true;
    return ask();
  }
  if (!uncarried().empty() || !wire::can_be_parked(*known_)) return;
  server_.send(wire::terminate());
  server_.close();
  ++served_->counters.parked;
  set_phase(Phase::parked);
}

}  // namespace pgbaton::gateway
