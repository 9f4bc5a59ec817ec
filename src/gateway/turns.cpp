// What sessions have to do without anybody waiting for it: to read their state, to open and load their spares, to go on
// at another server while their clients are idle, to be compared. A server that had this from thousands of sessions at
// once would have no processor left for those who work, so that a loop gives turns, a few at a time. A client's own
// request is never behind a turn: it takes its session along at once.
#include "gateway/door.hpp"
#include "gateway/session.hpp"

namespace pgbaton::gateway {
namespace {

constexpr int kTurnsAtOnce = 2;  // on each loop: a login or a reading costs a server milliseconds of a processor

}  // namespace

void Session::queue_turn() {
  if (!std::exchange(is_queued_, true)) sessions_.queue_turn(*this);
}

void Session::begin_turn() {
  is_queued_ = false;
  has_turn_ = true;
  const bool begun = rejoin_idle() || ask_in_turn() || verify_in_turn() || (std::exchange(warm_due_, false) && warm());
  if (!begun) end_turn();
}

void Session::end_turn() {
  if (!std::exchange(has_turn_, false)) return;
  if (phase_ != Phase::closing && (rejoin_due_ || ask_due_ || verify_due_ || warm_due_)) queue_turn();
  sessions_.turn_over();
}

void Session::queue_rejoin() {
  rejoin_due_ = true;
  queue_turn();
}

void Session::queue_warming() {
  warm_due_ = true;
  queue_turn();
}

/// Its server has changed, and its client has asked for nothing yet.
bool Session::rejoin_idle() {
  if (!std::exchange(rejoin_due_, false) || phase_ != Phase::active || server_.is_open() || served_->gate_closed ||
      leaving_)
    return false;
  rejoin();
  return phase_ == Phase::joining;
}

bool Session::ask_in_turn() {
  if (!std::exchange(ask_due_, false)) return false;
  if (!is_at_boundary() || !server_.is_open() || !is_worth_asking()) return false;
  ask(is_at_work() ? wire::Kept::yes : wire::Kept::no);
  return asking_;
}

bool Session::verify_in_turn() {
  if (!std::exchange(verify_due_, false)) return false;
  if (!unverified_ || !is_at_boundary() || !server_.is_open() || served_->gate_closed) {
    verify();
    return false;
  }
  unverified_ = false;
  verifying_ = !journal_.is_dirty();
  if (verifying_) ask();
  return asking_;
}

void Door::queue_turn(Session& session) {
  waiting_.push_back(session.id());
  loop_.later([this] { give_turns(); });
}

void Door::turn_over() {
  --turns_;
  loop_.later([this] { give_turns(); });
}

void Door::give_turns() {
  while (turns_ < kTurnsAtOnce && !waiting_.empty()) {
    const auto found = sessions_.find(waiting_.front());
    waiting_.pop_front();
    if (found == sessions_.end()) continue;
    ++turns_;
    found->second->begin_turn();
  }
}

}  // namespace pgbaton::gateway
