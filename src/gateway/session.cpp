#include "gateway/session.hpp"

#include "base/time.hpp"
#include "wire/messages.hpp"

namespace pgbaton::gateway {

using Phase = Session::Phase;

namespace {

constexpr base::Millis kLoginTime{60'000};  // as authentication_timeout

}  // namespace

Session::Session(std::int64_t id, Loop& loop, std::shared_ptr<Served> served, Sessions& sessions,
                 std::string client_address)
    : id_(id),
      loop_(loop),
      served_(std::move(served)),
      sessions_(sessions),
      client_address_(std::move(client_address)),
      client_(loop, *this),
      server_(loop, *this),
      tls_(served_->settings()->tls) {}

Session::~Session() {
  *alive_ = false;
  if (timer_) loop_.cancel(*timer_);
}

void Session::begin(system::Fd client) {
  client_.open(std::move(client));
  timer_ = loop_.after(kLoginTime, [this] {
    timer_.reset();
    close();
  });
}

void Session::on_ready(Leg&) { step(); }

void Session::step() {
  switch (phase_) {
    case Phase::entry:
      return on_entry();
    case Phase::proving:
      return on_proving();
    case Phase::joining:
      return on_joining();
    case Phase::active:
      return asking_ ? on_asking() : on_active();
    case Phase::parked:
      return on_active();
    case Phase::closing:
      return;
  }
}

void Session::set_phase(Phase phase) {
  phase_ = phase;
  since_ = std::chrono::system_clock::now();
  if (served_->gate_closed) served_->bell.ring();
}

void Session::close() {
  if (phase_ == Phase::closing) return;
  set_phase(Phase::closing);
  // Behind a part of a message it would be taken for the rest.
  if (server_.is_open() && client_.walker.is_between_messages() && server_.unsent.empty())
    server_.send(wire::terminate());
  server_.close();
  drop_spare();
  end_turn();
  end_loss();
  client_.close();
  if (welcomed_) sessions_.forget_key(key_);
  if (counted_) --served_->sessions;
  sessions_.ended(*this);
}

void Session::end(std::string_view sqlstate, std::string_view message, std::string_view hint) {
  if (phase_ == Phase::closing) return;
  // In the middle of a message to the client an error would be taken for its content.
  if (server_.walker.is_between_messages() && !in_handshake_)
    client_.send(wire::error_response({.severity = "FATAL",
                                       .sqlstate = std::string{sqlstate},
                                       .message = std::string{message},
                                       .hint = std::string{hint}}));
  close();
}

bool Session::is_at_boundary() const {
  return phase_ == Phase::active && !asking_ && machine_.is_safe() && client_.walker.is_between_messages() &&
         server_.walker.is_between_messages() && cancels_ == 0;
}

bool Session::is_held() const {
  switch (phase_) {
    case Phase::active:
      if (is_undecided()) return false;
      return (is_at_boundary() || !server_.is_open()) && known_ && !journal_.is_dirty();
    case Phase::joining:
      return join_ == Join::none;
    case Phase::entry:
    case Phase::proving:
    case Phase::parked:
    case Phase::closing:
      return true;
  }
  return true;
}

bool Session::goes_on() const {
  if (phase_ == Phase::joining) return false;
  return phase_ != Phase::active || server_.is_open();
}

bool Session::needs_early_rejoin() const {
  return phase_ == Phase::active && !server_.is_open() && known_ && !wire::can_be_parked(*known_);
}

std::vector<std::string> Session::uncarried() const {
  if (key_is_old_) return {"the password of its role was changed since it logged in"};
  if (phase_ != Phase::active) return {};
  if (!ask_error_.empty()) return {"its state could not be read: " + ask_error_};
  return known_ ? wire::uncarried(*known_, journal_) : journal_.uncarried();
}

namespace {

std::string_view name_of(char status) {
  switch (status) {
    case 'T':
      return "idle in transaction";
    case 'E':
      return "idle in transaction (aborted)";
    default:
      return "idle";
  }
}

}  // namespace

api::SessionView Session::view() const {
  api::SessionView view{.id = id_,
                        .user = std::string{startup_.user()},
                        .database = std::string{startup_.database()},
                        .client = client_address_,
                        .tls = client_.stream.is_tls() || has_detour_,
                        .server_pid = server_.is_open() ? static_cast<int>(server_key_.pid) : 0,
                        .uncarried = uncarried()};
  if (const auto found = journal_.parameters().find("application_name"); found != journal_.parameters().end())
    view.application_name = found->second;
  view.since = base::to_rfc3339(std::chrono::time_point_cast<base::Millis>(since_));
  if (phase_ == Phase::parked)
    view.state = "parked";
  else if (phase_ == Phase::joining)
    view.state = welcomed_ ? "moving" : "login";
  else if (phase_ != Phase::active)
    view.state = "login";
  else if (is_lost())
    view.state = "waiting";
  else if (machine_.is_busy())
    view.state = "active";
  else if (served_->gate_closed && is_held())
    view.state = is_waiting() ? "waiting" : "held";
  else
    view.state = name_of(machine_.status());
  return view;
}

}  // namespace pgbaton::gateway
