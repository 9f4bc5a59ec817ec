#include "system/net.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "system/fd.hpp"

namespace pgbaton::system {

using base::Code;
using base::Result;

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses resolve(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found) != 0) found = nullptr;
  return {found, &::freeaddrinfo};
}

}  // namespace

bool Endpoint::is_loopback() const { return host == "localhost" || host == "::1" || host.starts_with("127."); }

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto wrong = [&] {
    return base::fail({Code::invalid_argument, fmt::format("\"{}\" is not an address to listen on", text),
                       "Write it as HOST:PORT, like 127.0.0.1:8432."});
  };
  if (colon == std::string_view::npos || colon == 0) return wrong();
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  Endpoint endpoint{std::string{host}, 0};
  const auto port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc{} || end != port.data() + port.size() || endpoint.port < 1 || endpoint.port > 65535)
    return wrong();
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", endpoint.host, endpoint.port) : fmt::format("{}:{}", endpoint.host, endpoint.port);
}

bool can_listen(const Endpoint& endpoint) {
  const auto addresses = resolve(endpoint);
  if (!addresses) return false;
  const Fd fd{::socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return ::bind(fd.get(), addresses->ai_addr, addresses->ai_addrlen) == 0 && ::listen(fd.get(), 1) == 0;
}

bool accepts(const Endpoint& endpoint) {
  const auto addresses = resolve(endpoint);
  if (!addresses) return false;
  const Fd fd{::socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  return ::connect(fd.get(), addresses->ai_addr, addresses->ai_addrlen) == 0;
}

namespace {

struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t bits = 0;
};

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  if (::inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1)
    address.bits = 32;
  else if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1)
    address.bits = 128;
  else
    return std::nullopt;
  return address;
}

}  // namespace

bool is_address(const std::string& text) { return parse_address(text).has_value(); }

namespace {

// `bits`: how many of the address' bits count.
std::optional<Address> parse_range(const std::string& range, std::size_t& bits) {
  const auto slash = range.find('/');
  const auto base = parse_address(range.substr(0, slash));
  if (!base) return std::nullopt;
  bits = base->bits;
  if (slash == std::string::npos) return base;
  const char* const end = range.data() + range.size();
  const auto [at, error] = std::from_chars(range.data() + slash + 1, end, bits);
  if (error != std::errc{} || at != end || bits > base->bits) return std::nullopt;
  return base;
}

}  // namespace

bool is_address_range(const std::string& text) {
  std::size_t bits = 0;
  return parse_range(text, bits).has_value();
}

bool is_in_range(const std::string& address, const std::string& range) {
  std::size_t bits = 0;
  const auto base = parse_range(range, bits);
  const auto one = parse_address(address);
  if (!base || !one || base->bits != one->bits) return false;
  for (std::size_t i = 0; bits > 0; ++i, bits -= std::min<std::size_t>(bits, 8)) {
    const auto mask = bits >= 8 ? 0xffU : (0xffU << (8 - bits)) & 0xffU;
    if (((base->bytes.at(i) ^ one->bytes.at(i)) & mask) != 0) return false;
  }
  return true;
}

}  // namespace pgbaton::system
