// What a client sends before it is let in: the packets without a type byte.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace pgbaton::wire {

/// The longest packet that PostgreSQL takes here, with the four bytes of its length, which MAX_STARTUP_PACKET_LENGTH
/// does not count.
constexpr std::size_t kMaxStartupPacket = 10'004;

struct ProtocolVersion {
  int major = 3;
  int minor = 0;
  auto operator<=>(const ProtocolVersion&) const = default;
};
constexpr ProtocolVersion kNewestProtocol{3, 2};

/// A backend's identity for CancelRequest: 4 bytes of key in 3.0, up to 256 in 3.2.
struct CancelKey {
  std::uint32_t pid = 0;
  std::string key;
  bool operator==(const CancelKey&) const = default;
};

struct SslRequest {};
struct GssRequest {};
struct CancelRequest {
  CancelKey key;
};
struct StartupMessage {
  ProtocolVersion version;
  std::vector<std::pair<std::string, std::string>> parameters;  // in their order; also those named _pq_.*

  /// Of the last parameter of that name, as PostgreSQL takes them; empty when there is none.
  [[nodiscard]] std::string_view value(std::string_view name) const;
  [[nodiscard]] std::string_view user() const { return value("user"); }
  [[nodiscard]] std::string_view database() const;  // the user's name when none is given
  [[nodiscard]] bool is_replication() const;        // replication=true|on|yes|1|database
};
using StartupPacket = std::variant<SslRequest, GssRequest, CancelRequest, StartupMessage>;

struct ParsedStartup {
  StartupPacket packet;
  std::size_t size = 0;  // bytes that it took
};

/// Absent while it is not whole. Code::invalid_argument for what PostgreSQL would refuse: a length out of bounds, an
/// unknown code, a protocol that is not 3.x, parameters without their ends, no user.
[[nodiscard]] base::Result<std::optional<ParsedStartup>> parse_startup(std::string_view bytes);

/// What is agreed on with a client that asks for `asked`, and what it has to be told with NegotiateProtocolVersion.
struct Negotiation {
  ProtocolVersion version;           // 3.0 or 3.2
  std::vector<std::string> unknown;  // its _pq_.* options: we know none
  bool must_tell = false;            // only when something differs from what was asked for
};
[[nodiscard]] Negotiation negotiate(const StartupMessage& asked);

/// The StartupMessage of another leg: the client's own parameters without _pq_.*, in a version that the server is asked
/// for.
[[nodiscard]] std::string build_startup(const StartupMessage& message, ProtocolVersion version);
[[nodiscard]] std::string build_cancel(const CancelKey& key);
[[nodiscard]] std::string build_ssl_request();

}  // namespace pgbaton::wire
