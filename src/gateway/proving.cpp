// The client proves who it is, against the verifier that its server keeps.
#include "gateway/session.hpp"
#include "system/random.hpp"

namespace pgbaton::gateway {

using base::Result;

namespace {

constexpr std::size_t kLongestProof = 10'000;
constexpr base::Millis kAgain{20};

}  // namespace

void Session::begin_proving() {
  set_phase(Phase::proving);
  give_up_ = Steady::now() + first_patience();
  ask_verifier();
}

// While the gate is closed a login waits like a request.
void Session::ask_verifier() {
  if (served_->gate_closed) {
    if (!waiting_since_) waiting_since_ = Steady::now();
    return;
  }
  if (startup_.user() == served_->settings()->database.superuser) return got_verifier(base::Secret{});
  sessions_.lookup().ask(std::string{startup_.user()}, [this, alive = alive_](const Result<base::Secret>& found) {
    if (*alive && phase_ == Phase::proving) got_verifier(found);
  });
}

void Session::got_verifier(const Result<base::Secret>& rolpassword) {
  if (!rolpassword) {
    if (!served_->gate_closed && Steady::now() >= give_up_)
      return end("57P03", "the database is not reachable at the moment", "Try again in a few seconds.");
    loop_.after(kAgain, [this, alive = alive_] {
      if (*alive && phase_ == Phase::proving) ask_verifier();
    });
    return;
  }
  auto verifier = wire::parse_verifier(rolpassword->reveal());
  if (!verifier) verifier = wire::Verifier{wire::mock_verifier(served_->mock_secret, startup_.user())};
  const auto binding = client_.stream.is_tls() ? std::optional{tls_->binding} : std::nullopt;
  proof_.emplace(std::string{startup_.user()}, std::move(*verifier), binding, system::random_bytes(32));
  client_.send(proof_->start());
  on_proving();
}

void Session::on_proving() {
  if (!client_.flush()) return close();
  while (phase_ == Phase::proving) {
    client_.fill(kLongestProof);
    const auto message = proof_ ? client_.next_message() : std::nullopt;
    if (!message) {
      if (client_.ended || client_.unread.size() >= kLongestProof) return close();
      if (client_.readable && proof_) continue;
      return;
    }
    auto reply = proof_->receive(*message);
    client_.consume(message->frame.size());
    if (!reply) return end(reply.error().code == base::Code::unauthorized ? "28P01" : "08P01", reply.error().message);
    if (proof_->state() == wire::ClientLogin::State::proven) {
      credentials_ = proof_->credentials();
      proof_.reset();
      proof_end_ = std::move(*reply);
      return begin_joining();
    }
    client_.send(*reply);
  }
}

}  // namespace pgbaton::gateway
