// The beginning of a session: TLS, and the startup packet.
#include <sys/socket.h>

#include "gateway/session.hpp"
#include "wire/messages.hpp"
#include "wire/startup.hpp"

namespace pgbaton::gateway {
namespace {

constexpr char kTlsRecord = 0x16;     // the first byte of a TLS handshake: direct TLS, PostgreSQL 17
constexpr std::size_t kSmallest = 8;  // SSLRequest and GSSENCRequest

}  // namespace

void Session::on_entry() {
  if (!client_.flush()) return close();
  if (in_handshake_) return continue_tls();
  while (phase_ == Phase::entry && !in_handshake_ && read_startup()) {
  }
  if (phase_ == Phase::entry && client_.ended) close();
}

// One packet, and not a byte more: what comes after SSLRequest belongs to TLS (CVE-2021-23222).
bool Session::read_startup() {
  char first = 0;
  if (client_.unread.empty() && !client_.stream.is_tls() && ::recv(client_.stream.fd(), &first, 1, MSG_PEEK) == 1 &&
      first == kTlsRecord) {
    direct_tls_ = true;
    begin_tls();
    return false;
  }
  auto wanted = kSmallest;
  if (client_.unread.size() >= 4) {
    const auto byte = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(client_.unread[i]));
    };
    wanted = std::clamp(byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3), kSmallest, wire::kMaxStartupPacket);
  }
  const bool came = client_.fill(wanted);
  auto parsed = wire::parse_startup(client_.unread);
  if (!parsed) {
    end("08P01", parsed.error().message);
    return false;
  }
  if (!*parsed) return came || client_.readable;
  const auto packet = std::move((*parsed)->packet);
  client_.consume((*parsed)->size);
  take(packet);
  return true;
}

void Session::take(const wire::StartupPacket& packet) {
  std::visit([&](const auto& kind) { take(kind); }, packet);
}

void Session::take(const wire::SslRequest&) {
  if (client_.stream.is_tls() || !client_.unread.empty()) return end("08P01", "TLS was asked for twice");
  if (!tls_) {
    client_.send("N");
    return;
  }
  client_.send("S");
  begin_tls();
}

void Session::take(const wire::GssRequest&) { client_.send("N"); }

void Session::take(const wire::CancelRequest& request) {
  is_cancel_ = true;
  // The end of this connection tells the client that what it sends from now on cannot be meant.
  sessions_.cancel(request.key, [this, alive = alive_] {
    if (*alive) close();
  });
}

void Session::begin_tls() {
  if (!tls_) return close();
  if (const auto begun = client_.begin_tls(*tls_->context); !begun) return close();
  in_handshake_ = true;
  continue_tls();
}

void Session::continue_tls() {
  switch (client_.stream.handshake()) {
    case Stream::Handshake::again:
      return;
    case Stream::Handshake::failed:
      return close();
    case Stream::Handshake::done:
      break;
  }
  in_handshake_ = false;
  if (direct_tls_ && client_.stream.alpn().empty()) return close();  // as PostgreSQL: another protocol may be meant
  client_.readable = true;
  on_entry();
}

void Session::take(const wire::StartupMessage& message) {
  startup_ = message;
  const auto negotiation = wire::negotiate(message);
  protocol_ = negotiation.version;
  if (negotiation.must_tell) client_.send(wire::negotiate_protocol_version(negotiation));
  if (is_shut_out()) return refuse_in_maintenance();
  counted_ = true;
  if (++served_->sessions > served_->settings()->database.max_connections) {
    ++served_->counters.refused;
    return end("53300", "sorry, too many clients already",
               fmt::format("This database takes {} connections; a larger plan takes more.",
                           served_->settings()->database.max_connections));
  }
  ++served_->counters.connections;
  begin_proving();
}

}  // namespace pgbaton::gateway
