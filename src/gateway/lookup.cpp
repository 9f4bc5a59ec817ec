#include "gateway/lookup.hpp"

#include "system/random.hpp"

namespace pgbaton::gateway {

using base::Code;
using base::Millis;
using base::Result;

namespace {

constexpr Millis kIdle{5'000};
constexpr std::size_t kLongestAnswer = std::size_t{64} << 10;
constexpr std::string_view kQuestion =
    "SELECT coalesce(rolpassword, '') FROM pg_catalog.pg_authid WHERE rolname = $1::name AND rolcanlogin";

}  // namespace

Lookup::Lookup(Loop& loop, std::shared_ptr<Served> served, Dialer& dialer)
    : loop_(loop), served_(std::move(served)), dialer_(dialer), leg_(loop, *this) {}

Lookup::~Lookup() { *alive_ = false; }

void Lookup::ask(const std::string& user, Answer answer) {
  questions_.push_back({user, std::move(answer)});
  if (!leg_.is_open())
    connect();
  else if (ready_)
    send_questions();
}

void Lookup::forget_server() { fail({Code::unreachable, "another server is served now"}); }

void Lookup::connect() {
  auto fd = dialer_.connect(served_->server());
  if (!fd) {
    loop_.later([this, alive = alive_, error = fd.error()] {
      if (*alive) fail(error);
    });
    return;
  }
  ready_ = false;
  sent_ = 0;
  leg_.open(std::move(*fd));
  wire::StartupMessage startup;
  startup.parameters = {{"user", served_->settings()->database.superuser},
                        {"database", "postgres"},
                        {"application_name", "pgbaton gateway"},
                        {"client_encoding", "UTF8"}};
  login_.emplace(std::move(startup), wire::ProtocolVersion{}, wire::Credentials{}, "");
  leg_.send(login_->start());
}

void Lookup::send_questions() {
  std::string bytes;
  for (; sent_ < questions_.size(); ++sent_)
    bytes += wire::parse("", kQuestion) + wire::bind("", {questions_.at(sent_).user}) + wire::execute() + wire::sync();
  leg_.send(bytes);
}

void Lookup::on_ready(Leg& leg) {
  if (!leg.flush()) return fail({Code::unreachable, "the server has gone"});
  while (leg.fill(kLongestAnswer)) {
    const auto received = receive();
    if (!received) return fail(received.error());
  }
  if (leg.ended) fail({Code::unreachable, "the server ended the connection"});
}

Result<> Lookup::receive() {
  while (const auto message = leg_.next_message()) {
    const auto size = message->frame.size();
    if (!ready_) {
      const auto reply = TRY(login_->receive(*message));
      leg_.consume(size);
      leg_.send(reply);
      if (login_->state() == wire::ServerLogin::State::refused) return base::fail(Code::unreachable, "not let in yet");
      ready_ = login_->state() == wire::ServerLogin::State::ready;
      if (ready_) send_questions();
      continue;
    }
    if (message->frame.type == 'D') {
      const auto row = TRY(wire::read_data_row(message->body));
      if (!row.empty() && row[0]) found_ = base::Secret{*row[0]};
    }
    const bool failed = message->frame.type == 'E';
    const bool answered = message->frame.type == 'Z' && !questions_.empty();
    leg_.consume(size);
    if (failed) return base::fail(Code::unreachable, "the server did not answer");
    if (!answered) continue;
    auto question = std::move(questions_.front());
    questions_.pop_front();
    --sent_;
    question.answer(Result<base::Secret>{std::exchange(found_, {})});
    if (questions_.empty()) close_when_idle();
  }
  return {};
}

void Lookup::fail(const base::Error& error) {
  leg_.close();
  ready_ = false;
  sent_ = 0;
  auto questions = std::exchange(questions_, {});
  for (auto& question : questions) question.answer(std::unexpected(error));
}

void Lookup::close_when_idle() {
  loop_.after(kIdle, [this, alive = alive_] {
    if (!*alive || !questions_.empty() || !leg_.is_open()) return;
    leg_.send(wire::terminate());
    leg_.close();
    ready_ = false;
  });
}

}  // namespace pgbaton::gateway
