#include "gateway/tunnel.hpp"

#include "gateway/passing.hpp"
#include "wire/startup.hpp"

namespace pgbaton::gateway {
namespace {

constexpr int kTunnelTurns = 16;
constexpr base::Millis kOpenPatience{5'000};

}  // namespace

void Tunnel::begin(system::Fd outside, system::Fd inside, std::shared_ptr<SSL_CTX> context) {
  context_ = std::move(context);
  outside_.open(std::move(outside));
  inside_.open(std::move(inside));
  outside_.send(wire::build_ssl_request());  // leaves when the connection is there
  loop_.after(kOpenPatience, [this, alive = alive_] {
    if (*alive && stage_ < Stage::passing) close();
  });
}

void Tunnel::on_ready(Leg&) {
  if (stage_ == Stage::asking) read_consent();
  if (stage_ == Stage::shaking_hands) shake_hands();
  if (stage_ == Stage::passing) pass();
}

// One byte: S, and TLS begins; anything else is a server without TLS, which passwords are not sent to.
void Tunnel::read_consent() {
  if (!outside_.flush()) return close();
  char answer = 0;
  if (outside_.receive({&answer, 1}) == 0) return outside_.ended || inside_.ended ? close() : void();
  if (answer != 'S' || !outside_.begin_tls(*context_)) return close();
  stage_ = Stage::shaking_hands;
}

void Tunnel::shake_hands() {
  switch (outside_.stream.handshake()) {
    case Stream::Handshake::again:
      return;
    case Stream::Handshake::failed:
      return close();
    case Stream::Handshake::done:
      break;
  }
  context_.reset();
  stage_ = Stage::passing;
  inside_.readable = outside_.readable = true;
}

void Tunnel::pass() {
  for (int turn = 0;; ++turn) {
    if (turn == kTunnelTurns)
      return loop_.post([this, alive = alive_] {
        if (*alive && stage_ == Stage::passing) pass();
      });
    const bool out = pass_some(loop_, inside_, outside_);
    const bool in = pass_some(loop_, outside_, inside_);
    if (!out && !in) break;
  }
  // What the server said last is passed on before the end is.
  const bool said_all = outside_.ended && inside_.unsent.empty();
  const bool heard_all = inside_.ended && outside_.unsent.empty();
  if (said_all || heard_all) close();
}

void Tunnel::close() {
  if (stage_ == Stage::ended) return;
  stage_ = Stage::ended;
  outside_.close();
  inside_.close();
  done_(*this);
}

}  // namespace pgbaton::gateway
