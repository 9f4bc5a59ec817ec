#include "gateway/spare.hpp"

#include "wire/messages.hpp"

namespace pgbaton::gateway {
namespace {

constexpr std::size_t kLongestAnswerOfSpare = std::size_t{1} << 20;

void append(wire::Restore& to, const wire::Restore& more) {
  to.bytes += more.bytes;
  to.syncs += more.syncs;
}

}  // namespace

Spare::Spare(Loop& loop, Dialer& dialer, api::ServerAddress server, Told told)
    : dialer_(dialer), server_(std::move(server)), told_(std::move(told)), leg_(loop, *this) {}

void Spare::open(wire::ServerLogin login) {
  auto fd = dialer_.connect(server_);
  if (!fd) return fail();
  login_.emplace(std::move(login));
  leg_.open(std::move(*fd));
  leg_.send(login_->start());
}

void Spare::close() {
  stage_ = Stage::failed;
  if (!leg_.is_open()) return;
  leg_.send(wire::terminate());
  leg_.close();
}

void Spare::fail() {
  stage_ = Stage::failed;
  leg_.close();
  told_();
}

bool Spare::holds(const wire::SessionState& state, const std::string& unnamed) const {
  return stage_ == Stage::ready && load_.unnamed == unnamed && load_.state == state;
}

void Spare::load(wire::SessionState state, std::string unnamed, wire::During during) {
  Load load{std::move(state), std::move(unnamed), during};
  if (stage_ == Stage::logging_in || stage_ == Stage::loading)
    next_ = std::move(load);
  else
    begin(std::move(load));
}

void Spare::begin(Load load) {
  const auto restore = messages_for(load);
  load_ = std::move(load);
  is_pristine_ = is_pristine_ && restore.bytes.empty();
  is_whole_ = false;
  error_.clear();
  stage_ = Stage::loading;
  syncs_left_ = restore.syncs;
  if (syncs_left_ == 0) return loaded();
  leg_.send(restore.bytes);
}

// DISCARD ALL is allowed in recovery; what the startup packet set stays (RESET goes back to it).
wire::Restore Spare::messages_for(const Load& load) const {
  wire::Restore all;
  if (is_whole_ && load.state == load_.state) {
    if (load.unnamed != load_.unnamed)
      append(all, {(load.unnamed.empty() ? wire::close_statement("") : load.unnamed) + wire::sync(), 1});
    if (load.during == wire::During::writable) append(all, wire::restore_after_recovery(load.state));
  } else {
    if (!is_pristine_) append(all, {wire::query("DISCARD ALL"), 1});
    append(all, wire::restore(load.state, load.unnamed, load.during));
  }
  // Before it says ReadyForQuery the server reports what has changed since (ReportChangedGUCOptions).
  if (load.during == wire::During::writable) append(all, {wire::sync(), 1});
  return all;
}

void Spare::on_ready(Leg&) {
  if (!leg_.flush()) return fail();
  while (leg_.is_open()) {
    if (const auto message = leg_.next_message()) {
      const std::string raw = leg_.unread.substr(0, message->frame.size());
      leg_.consume(raw.size());
      take({message->frame, std::string_view{raw}.substr(wire::kHeader)});
      continue;
    }
    if (leg_.fill(kLongestAnswerOfSpare)) continue;
    if (leg_.ended || leg_.unread.size() >= kLongestAnswerOfSpare) fail();
    return;
  }
}

void Spare::take(const wire::Message& message) {
  if (stage_ == Stage::logging_in) return take_login(message);
  switch (message.frame.type) {
    case 'S':
      if (auto status = wire::read_parameter_status(message.body)) parameters_.push_back(std::move(*status));
      return;
    case 'E':
      if (const auto notice = wire::read_notice(message.body); error_.empty())
        error_ = notice ? notice->sqlstate : "XX000";
      return;
    case 'Z':
      if (stage_ == Stage::loading && --syncs_left_ == 0) loaded();
      return;
    default:
      return;
  }
}

void Spare::take_login(const wire::Message& message) {
  const auto reply = login_->receive(message);
  if (!reply || login_->state() == wire::ServerLogin::State::refused) return fail();
  if (!reply->empty()) leg_.send(*reply);
  if (login_->state() != wire::ServerLogin::State::ready) return;
  key_ = login_->key();
  parameters_ = login_->parameters();
  login_.reset();
  stage_ = Stage::stale;
  if (next_) begin(*std::exchange(next_, std::nullopt));
}

void Spare::loaded() {
  is_whole_ = error_.empty();
  stage_ = is_whole_ ? Stage::ready : Stage::stale;
  if (next_) return begin(*std::exchange(next_, std::nullopt));
  told_();
}

}  // namespace pgbaton::gateway
