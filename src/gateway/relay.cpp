// The data path: bytes pass through the loop's scratch buffer, message headers are looked at on the way, and what the
// other side does not take at once waits while nothing more is read.
#include "gateway/session.hpp"
#include "wire/messages.hpp"

namespace pgbaton::gateway {

using wire::Message;
using wire::Pass;

namespace {

constexpr int kTurns = 16;  // then the loop's other sessions have theirs
/// Up to this size a request is read as a whole, for what the journal looks for may be at its end.
constexpr std::size_t kReadWhole = std::size_t{32} << 10;
constexpr std::string_view kRead = "QPBC";
constexpr std::size_t kLongestFarewell = std::size_t{4} << 10;

bool must_be_whole(const Message& message) {
  return !message.is_whole() && message.frame.size() <= kReadWhole && kRead.contains(message.frame.type);
}

}  // namespace

void Session::on_active() {
  if (is_denying()) deny();
  if (!is_denying()) relay(client_, server_);
  if (phase_ == Phase::active) relay(server_, client_);
  // An answer may have made way.
  if (phase_ == Phase::active && !client_.unread.empty() && !is_denying()) relay(client_, server_);
  if (phase_ != Phase::active && phase_ != Phase::parked) return;
  if (leaving_ && (client_.unsent.empty() || client_.ended)) return close();
  if (client_.ended && !leaving_) return close();
  if (phase_ == Phase::active && server_.is_open() && server_.ended) return server_left();
  if (served_->gate_closed && is_at_boundary() && !startup_.is_replication()) return on_held();
  if (is_shut_out() && is_at_boundary()) return make_way(Transactions::finish);
  if (asks_soon_ && is_at_boundary() && server_.is_open()) {
    asks_soon_ = false;
    ask(is_asked_again() ? wire::Kept::yes : wire::Kept::no);
  }
}

void Session::relay(Leg& from, Leg& to) {
  for (int turn = 0; turn < kTurns; ++turn)
    if (!relay_some(from, to)) return;
  loop_.post([this, alive = alive_] {
    if (*alive) step();
  });
}

/// Whether there may be more.
bool Session::relay_some(Leg& from, Leg& to) {
  if (!has_room(to)) return false;
  const auto scratch = loop_.scratch();
  const auto kept = from.unread.size();
  std::ranges::copy(from.unread, scratch.begin());
  const auto got = from.receive(scratch.subspan(kept));
  if (kept + got == 0) return false;
  const std::string_view bytes{scratch.data(), kept + got};
  std::size_t passed = 0;
  const auto walk = from.walker.walk(bytes, passed, [&](const Message& message) {
    return &from == &client_ ? see_client(message) : see_server(message);
  });
  if (walk == wire::Walk::insane) end("08P01", "invalid message length");
  if (phase_ == Phase::closing) return false;
  from.unread.assign(bytes.substr(passed));
  if (passed > 0 && !pass_on(to, bytes.substr(0, passed))) return false;
  if (from.unread.empty()) from.unread = {};
  return got > 0 && walk != wire::Walk::stopped;
}

bool Session::has_room(Leg& to) {
  if (!to.is_open() || to.unsent.empty()) return true;
  if (!to.flush()) to.ended = true;
  return to.unsent.empty();
}

bool Session::pass_on(Leg& to, std::string_view bytes) {
  (&to == &client_ ? served_->counters.bytes_to_clients : served_->counters.bytes_from_clients)
      .fetch_add(bytes.size(), std::memory_order_relaxed);
  while (!bytes.empty()) {
    const auto moved = to.write(bytes);
    bytes.remove_prefix(moved.bytes);
    if (moved.end == Stream::End::closed) {
      to.ended = true;
      return false;
    }
    if (moved.end == Stream::End::again) {
      to.unsent.assign(bytes);
      return false;
    }
  }
  return true;
}

// At the first message of a request: whether it has to stay here. What is in flight goes on to its end, and so does an
// open transaction; behind requests that are not answered yet it waits to see how they end.
bool Session::must_wait() const {
  if (machine_.is_full()) return true;
  if (machine_.is_unsynced() || machine_.copy() != wire::Copy::none) return false;
  if (cancels_ > 0) return true;
  return (served_->gate_closed || served_->in_maintenance) && (machine_.is_busy() || machine_.status() == 'I') &&
         !startup_.is_replication();
}

Pass Session::see_client(const Message& message) {
  if (message.frame.type == 'X') {
    // What was sent before is carried out and answered, by the server that then ends the connection.
    terminated_ = true;
    if (server_.is_open() && machine_.is_busy()) return Pass::on;
    close();
    return Pass::stop;
  }
  if (phase_ == Phase::parked || (rejoin_due_ && !server_.is_open() && !served_->gate_closed)) {
    begin_joining();
    return Pass::stop;
  }
  if (!server_.is_open() || must_wait()) {
    if ((served_->gate_closed || is_lost()) && !waiting_since_) waiting_since_ = Steady::now();
    return Pass::stop;
  }
  if (must_be_whole(message)) return Pass::when_whole;
  stop_waiting();
  if (!machine_.is_busy()) request_began_ = Steady::now();
  if (served_->waits_on_loss) note_request(message);
  machine_.client_sent(message);
  journal_.client_sent(message);
  return Pass::on;
}

void Session::stop_waiting() {
  if (!waiting_since_) return;
  passage_.waited = Steady::now() - *waiting_since_;
  waiting_since_.reset();
}

Pass Session::see_server(const Message& message) {
  // A server that stops says so to its sessions; one that is held goes on elsewhere, and its client need not know.
  const bool may_be_farewell = message.frame.type == 'E' || message.frame.type == 'N';
  if (may_be_farewell && served_->gate_closed && machine_.is_safe()) {
    if (!message.is_whole()) return Pass::stop;
    const auto notice = wire::read_notice(message.body);
    if (notice && notice->sqlstate.starts_with("57P0")) {
      server_.ended = true;
      return Pass::stop;
    }
  }
  if (may_be_farewell && served_->waits_on_loss && message.frame.size() <= kLongestFarewell) {
    if (!message.is_whole()) return Pass::when_whole;
    if (is_farewell(message)) {
      server_.ended = true;
      return Pass::stop;
    }
  }
  machine_.server_sent(message);
  journal_.server_sent(message);
  if (message.frame.type == 'Z' && machine_.is_busy()) was_changed_ = was_changed_ || journal_.is_changed();
  if (message.frame.type == 'Z' && !machine_.is_busy()) {
    touched_ = Steady::now();
    served_->counters.latency.add(touched_ - request_began_);
    served_->counters.transactions.fetch_add(1, std::memory_order_relaxed);
  }
  return Pass::on;
}

void Session::server_left() {
  const bool can_wait = served_->gate_closed && is_at_boundary() && known_ && !journal_.is_dirty() && !terminated_;
  if (!can_wait && served_->waits_on_loss && !terminated_ && !leaving_ && !startup_.is_replication())
    return server_lost();
  server_.close();
  if (can_wait) {
    served_->bell.ring();
    return;
  }
  leaving_ = true;
  if (client_.unsent.empty()) close();
}

}  // namespace pgbaton::gateway
