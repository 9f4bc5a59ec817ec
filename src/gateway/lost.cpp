// A session whose server has died while nobody held it (OnLoss::wait): what its client is told, and how it waits for
// the next server.
#include "gateway/session.hpp"
#include "wire/messages.hpp"
#include "wire/transaction_words.hpp"

namespace pgbaton::gateway {

using wire::Message;

namespace {

constexpr std::chrono::seconds kLossPatience{60};
constexpr base::Millis kPause{50};
constexpr std::size_t kReadDenied = std::size_t{4} << 10;

/// The two names that a Bind begins with: portal and statement.
std::string_view statement_of_bind(std::string_view body) {
  body.remove_prefix(std::min(body.find('\0'), body.size() - 1) + 1);
  return body.substr(0, body.find('\0'));
}

std::string error_of(bool is_rolled_back) {
  if (is_rolled_back)
    return wire::error_response({.severity = "ERROR",
                                 .sqlstate = "40001",
                                 .message = "the primary server was lost; the transaction was rolled back",
                                 .hint = "Repeat the transaction."});
  return wire::error_response(
      {.severity = "ERROR",
       .sqlstate = "08007",
       .message = "the primary server was lost while this was carried out; whether it was committed is not known",
       .hint = "Look for what it was to change before you repeat it."});
}

}  // namespace

// ---- while all is well

/// A message of the client's passes on: what will have to be known if this is the last one of this server.
void Session::note_request(const Message& message) {
  if (!machine_.is_busy()) {
    was_changed_ = journal_.is_changed();
    commit_sent_ = false;
    only_begins_ = true;
  }
  const auto text = text_of(message);
  if (!text) return;
  commit_sent_ = commit_sent_ || !message.is_whole() || wire::may_commit(*text);
  only_begins_ = only_begins_ && message.is_whole() && wire::only_begins(*text);
}

/// The SQL that the message has carried out, or may have; absent: it has none of its own.
std::optional<std::string_view> Session::text_of(const Message& message) const {
  auto body = message.body;
  switch (message.frame.type) {
    case 'Q':
      return body.substr(0, body.find('\0'));
    case 'P':
      body.remove_prefix(std::min(body.find('\0'), body.size() - 1) + 1);
      return body.substr(0, body.find('\0'));
    case 'F':
      return "?";
    case 'B': {
      const auto name = statement_of_bind(body);
      if (name.empty()) return text_of_unnamed();
      if (!known_) return "commit";
      const auto found = std::ranges::find(known_->statements, name, &wire::PreparedStatement::name);
      return found == known_->statements.end() ? "commit" : std::string_view{found->sql};
    }
    default:
      return std::nullopt;
  }
}

/// Its Parse has been looked at, if it came with this request.
std::optional<std::string_view> Session::text_of_unnamed() const {
  const std::string_view parse = journal_.unnamed();
  if (parse.size() < wire::kHeader + 2) return std::nullopt;
  const auto sql = parse.substr(wire::kHeader + 1);
  return sql.substr(0, sql.find('\0'));
}

/// Reads its state if nobody could tell it when the server dies. Whether that costs the server something.
bool Session::keep_known() {
  if (phase_ != Phase::active || asking_ || !server_.is_open() || startup_.is_replication()) return false;
  if (!ask_error_.empty() || (known_ && !journal_.is_dirty())) return false;
  if (is_at_boundary() && Steady::now() - touched_ >= kPause) {
    ask(is_asked_again() ? wire::Kept::yes : wire::Kept::no);
    return true;
  }
  // Who never pauses is asked between two requests, but only if more may have changed than triggers could have.
  asks_soon_ = !known_ || journal_.is_changed();
  return asks_soon_;
}

// ---- when the server dies

/// Whether this is the last word of a server that stops. A warning of that kind is sent to all its sessions when it
/// crashes or is stopped at once; a FATAL error may also be meant for this session alone (pg_terminate_backend).
bool Session::is_farewell(const Message& message) {
  const auto notice = wire::read_notice(message.body);
  if (!notice || !notice->sqlstate.starts_with("57P0")) return false;
  if (message.frame.type == 'E') farewell_ = wire::error_response(*notice);
  return true;
}

void Session::server_lost() {
  if (farewell_.empty()) return tell_loss();
  server_.close();
  wait_for_server();
}

/// Every request that the server owes an answer to gets an error now; the session itself goes on.
void Session::tell_loss() {
  const bool is_whole = server_.walker.is_between_messages() && client_.walker.is_between_messages();
  const bool is_busy = machine_.is_busy();
  const bool is_changed = is_busy ? was_changed_ : journal_.is_changed();
  const auto owed = machine_.owed();
  auto reasons = uncarried();
  if (!known_ || is_changed) reasons.emplace_back("its state was not known");
  if (!is_whole || !owed) reasons.emplace_back("it was in the middle of a copy or of a message");
  if (!reasons.empty())
    return end("57P01", fmt::format("the primary server was lost, and this session with it: {}", reasons.front()),
               "Connect again.");
  const bool in_transaction = machine_.status() != 'I';
  const bool is_rolled_back = in_transaction ? !(is_busy && commit_sent_) : only_begins_;
  loss_error_ = error_of(is_rolled_back);
  std::string bytes;
  for (std::size_t i = 0; i < *owed; ++i) bytes += loss_error_ + wire::ready_for_query('I');
  if (machine_.is_unsynced()) {
    bytes += loss_error_;
    denial_ = Denial::until_sync;
  } else if (!is_busy && in_transaction) {
    denial_ = Denial::next_request;
  }
  client_.send(bytes);
  machine_.moved();
  journal_.snapshot_taken();
  server_.close();
  server_.walker = {};
  verifying_ = false;
  wait_for_server();
}

void Session::wait_for_server() {
  if (!lost_since_) {
    lost_since_ = Steady::now();
    served_->session_waits();
  }
  join_ = Join::none;
  rejoin_due_ = false;
  end_turn();
  set_phase(Phase::active);
  sessions_.lost();
  loop_.later([this, alive = alive_] {
    if (*alive) step();
  });
}

void Session::end_loss() {
  if (!std::exchange(lost_since_, std::nullopt)) return;
  served_->session_goes_on();
}

bool Session::is_undecided() const { return !farewell_.empty(); }

void Session::server_looked_for(bool is_up) {
  if (is_undecided()) {
    if (!is_up) {
      farewell_.clear();
      return tell_loss();
    }
    client_.send(std::exchange(farewell_, {}));
    return close();
  }
  if (served_->gate_closed || phase_ != Phase::active || server_.is_open()) return;
  if (is_up) return is_waiting() ? rejoin() : queue_rejoin();
  if (Steady::now() - *lost_since_ >= kLossPatience)
    end("57P01", fmt::format("the primary server was lost, and no other came within {} s", kLossPatience.count()),
        "Connect again.");
}

// ---- what the client still sends to the server that is no more

void Session::deny() {
  do {
    while (is_denying() && deny_message()) {
    }
  } while (is_denying() && phase_ == Phase::active && client_.fill(loop_.scratch().size()));
  if (!client_.flush()) close();
}

/// Whether there may be more.
bool Session::deny_message() {
  if (denied_rest_ > 0) {
    const auto taken = std::min(denied_rest_, client_.unread.size());
    client_.consume(taken);
    denied_rest_ -= taken;
    return taken > 0;
  }
  const auto frame = wire::peek(client_.unread);
  if (!frame) return false;
  if (!frame->is_sane()) {
    end("08P01", "invalid message length");
    return false;
  }
  if (frame->type == 'X') {
    close();
    return false;
  }
  const auto whole = client_.next_message();
  if (!whole && frame->size() <= kReadDenied) return false;
  answer_denied(frame->type, whole ? whole->body : std::string_view{});
  denied_rest_ = frame->size();
  return true;
}

void Session::answer_denied(char type, std::string_view body) {
  if (denial_ == Denial::until_sync) {
    if (type != 'S') return;
    denial_ = Denial::none;
    client_.send(wire::ready_for_query('I'));
    return;
  }
  if (type == 'Q' || type == 'F' || type == 'S') {
    denial_ = Denial::none;
    const bool is_rollback = type == 'Q' && wire::only_rolls_back(body.substr(0, body.find('\0')));
    client_.send((is_rollback ? wire::command_complete("ROLLBACK") : loss_error_) + wire::ready_for_query('I'));
  } else if (std::string_view{"PBDEC"}.contains(type)) {
    denial_ = Denial::until_sync;
    client_.send(loss_error_);
  }
}

}  // namespace pgbaton::gateway
