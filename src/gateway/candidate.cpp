// The candidate: sessions open and load a second server leg on it before they are held, and go on there when it has
// become their server. Nobody's client waits for any of it.
#include "gateway/door.hpp"
#include "gateway/session.hpp"
#include "system/random.hpp"

namespace pgbaton::gateway {
namespace {

constexpr base::Millis kLockAgain{5};
constexpr base::Millis kFinishPatience{5'000};

}  // namespace

// ---- one session

bool Session::wants_spare() const {
  if (!served_->candidate() || !known_ || startup_.is_replication() || join_ != Join::none) return false;
  return phase_ == Phase::active && uncarried().empty() && (!spare_ || !spare_->holds(*known_, journal_.unnamed()));
}

bool Session::warm() {
  const auto candidate = served_->candidate();
  if (!wants_spare()) return false;
  if (spare_ && spare_->server() != *candidate) drop_spare();
  if (!spare_) {
    spare_ = std::make_unique<Spare>(loop_, sessions_.dialer(), *candidate, [this, alive = alive_] {
      if (*alive) on_spare();
    });
    spare_->open({startup_, protocol_, credentials_, system::random_secret(24).reveal()});
  }
  if (spare_) spare_->load(*known_, journal_.unnamed(), wire::During::recovery);
  return true;
}

void Session::on_spare() {
  end_turn();
  if (phase_ == Phase::joining && join_ == Join::finishing) return finished();
  if (spare_->stage() == Spare::Stage::failed) drop_spare();
  if (spare_ && spare_->lacks_lock() && served_->gate_closed) {
    // Of all who are held each lock has one owner: the other one's spare has its older state yet.
    loop_.after(kLockAgain, [this, alive = alive_] {
      if (*alive && spare_ && spare_->lacks_lock() && served_->gate_closed && join_ == Join::none && known_)
        spare_->load(*known_, journal_.unnamed(), wire::During::recovery);
    });
  }
  served_->bell.ring();
}

void Session::drop_spare() {
  if (!spare_) return;
  end_turn();
  spare_->close();
  loop_.later([spare = std::shared_ptr<Spare>{std::move(spare_)}] {});
}

/// Whether the session goes on with its spare, in a moment. What the spare lacks is made good first.
bool Session::take_spare() {
  if (!spare_) return false;
  if (!welcomed_ || !known_ || spare_->server() != served_->settings()->database.server) {
    drop_spare();
    return false;
  }
  join_ = Join::finishing;
  loop_.after(kFinishPatience, [this, alive = alive_, late = spare_.get()] {
    if (!*alive || join_ != Join::finishing || spare_.get() != late) return;
    drop_spare();
    connect();
  });
  spare_->load(*known_, journal_.unnamed(), wire::During::writable);
  return true;
}

void Session::finished() {
  if (spare_->stage() != Spare::Stage::ready) {
    drop_spare();
    return connect();
  }
  server_.take_over(spare_->leg());
  server_key_ = spare_->key();
  server_parameters_ = spare_->take_parameters();
  drop_spare();
  is_moving_ = true;
  unverified_ = !wire::is_plain(*known_);
  ++served_->counters.swapped;
  joined();
}

// It is held, and another server is its own from now on: what the old one says no longer matters.
void Session::leave_server() {
  if (phase_ != Phase::active || !server_.is_open()) return;
  if (!is_held()) return end("57P01", "the database has moved to another server", "Connect again.");
  server_.send(wire::terminate());
  server_.close();
}

// ---- the sessions of a loop

void Door::warm() {
  for_each([](Session& session) {
    if (session.wants_spare()) session.queue_warming();
  });
}

}  // namespace pgbaton::gateway
