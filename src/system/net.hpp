// TCP addresses and ports.
#pragma once

#include <string>

#include "base/result.hpp"

namespace pgbaton::system {

struct Endpoint {
  std::string host;
  int port = 0;
  [[nodiscard]] bool is_loopback() const;
};
/// "127.0.0.1:8432", "[::1]:8432", "localhost:8432"
[[nodiscard]] base::Result<Endpoint> parse_endpoint(std::string_view text);
/// Of IPv4 or IPv6, in numbers: no name.
[[nodiscard]] bool is_address(const std::string& text);
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

/// "10.0.0.0/8", "192.168.1.7", "fd00::/8"
[[nodiscard]] bool is_address_range(const std::string& text);
/// Whether `address`, a number, is in the range; false when one of them makes no sense.
[[nodiscard]] bool is_in_range(const std::string& address, const std::string& range);

/// Whether a server could listen there now (tried, with SO_REUSEADDR as PostgreSQL does).
[[nodiscard]] bool can_listen(const Endpoint& endpoint);
/// Whether somebody accepts connections there.
[[nodiscard]] bool accepts(const Endpoint& endpoint);

}  // namespace pgbaton::system
