#include "gateway/probe.hpp"

#include "wire/messages.hpp"

namespace pgbaton::gateway {
namespace {

constexpr base::Millis kProbePatience{2'000};
constexpr std::size_t kLongestAnswerOfProbe = std::size_t{64} << 10;

}  // namespace

void Probe::ask(const api::ServerAddress& server, const std::string& superuser, Answer answer) {
  answer_ = std::move(answer);
  is_primary_ = false;
  loop_.after(kProbePatience, [this, alive = alive_, number = ++asked_] {
    if (*alive && number == asked_) end(false);
  });
  auto fd = dialer_.connect(server);
  if (!fd)
    return loop_.later([this, alive = alive_] {
      if (*alive) end(false);
    });
  wire::StartupMessage startup;
  startup.parameters = {
      {"user", superuser}, {"database", "postgres"}, {"application_name", "pgbaton gateway: is it there?"}};
  login_.emplace(std::move(startup), wire::ProtocolVersion{}, wire::Credentials{}, "");
  leg_.open(std::move(*fd));
  leg_.send(login_->start());
}

void Probe::on_ready(Leg&) {
  if (!leg_.flush()) return end(false);
  while (leg_.is_open()) {
    if (const auto message = leg_.next_message()) {
      const std::string raw = leg_.unread.substr(0, message->frame.size());
      leg_.consume(raw.size());
      if (!take({message->frame, std::string_view{raw}.substr(wire::kHeader)})) return end(false);
      if (message->frame.type == 'Z' && !login_) return end(is_primary_);
      if (login_ && login_->state() == wire::ServerLogin::State::ready) {
        login_.reset();
        leg_.send(wire::query("SELECT pg_catalog.pg_is_in_recovery()"));
      }
      continue;
    }
    if (leg_.fill(kLongestAnswerOfProbe)) continue;
    if (leg_.ended || leg_.unread.size() >= kLongestAnswerOfProbe) end(false);
    return;
  }
}

bool Probe::take(const wire::Message& message) {
  if (login_) {
    const auto reply = login_->receive(message);
    if (!reply || login_->state() == wire::ServerLogin::State::refused) return false;
    if (!reply->empty()) leg_.send(*reply);
    return true;
  }
  if (message.frame.type == 'E') return false;
  if (message.frame.type != 'D') return true;
  const auto row = wire::read_data_row(message.body);
  is_primary_ = row && !row->empty() && row->front() == "f";
  return true;
}

void Probe::end(bool is_up) {
  if (!answer_) return;
  if (leg_.is_open()) leg_.send(wire::terminate());
  leg_.close();
  login_.reset();
  std::exchange(answer_, nullptr)(is_up);
}

}  // namespace pgbaton::gateway
