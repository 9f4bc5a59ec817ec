#include "gateway/dialer.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "gateway/served.hpp"
#include "gateway/tunnel.hpp"
#include "gateway/unix_connect.hpp"
#include "system/file.hpp"

namespace pgbaton::gateway {

using base::Code;
using base::Result;

namespace {

// A host that has gone without a word is noticed within ten seconds, whether something is on its way to it or not.
constexpr int kUserTimeoutMs = 10'000;
constexpr int kKeepIdleSeconds = 5;
constexpr int kKeepEverySeconds = 2;

void set_option(int fd, int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); }

Result<system::Fd> begin_tcp(const std::string& address, int port) {
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(static_cast<std::uint16_t>(port))};
  sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = htons(static_cast<std::uint16_t>(port))};
  const bool is_v4 = ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1)
    return base::fail(Code::invalid_argument, "\"{}\" is not an address", address);
  system::Fd fd{::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd.valid()) return system::os_failure("cannot make", "a socket");
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdleSeconds);
  set_option(fd.get(), IPPROTO_TCP, TCP_KEEPINTVL, kKeepEverySeconds);
  set_option(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  const auto* const where = is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  if (::connect(fd.get(), where, is_v4 ? sizeof v4 : sizeof v6) != 0 && errno != EINPROGRESS)
    return base::fail(Code::unreachable, "{} port {}: {}", address, port, std::strerror(errno));
  return fd;
}

}  // namespace

Dialer::Dialer(Loop& loop, std::atomic<std::size_t>& tunnels) : loop_(loop), count_(tunnels) {}

Dialer::~Dialer() { *alive_ = false; }

Result<system::Fd> Dialer::connect(const api::ServerAddress& server) {
  return server.socket_folder.empty() ? dig(server) : connect_unix(socket_of(server));
}

Result<system::Fd> Dialer::dig(const api::ServerAddress& server) {
  const auto context = TRY(context_for(server));
  auto outside = TRY(begin_tcp(server.address, server.port));
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    return system::os_failure("cannot make", "a socketpair");
  system::Fd ours{ends[0]};
  system::Fd inside{ends[1]};
  // It may end within a turn of its own legs: it goes at the end of that turn.
  auto tunnel = std::make_unique<Tunnel>(loop_, [this, alive = alive_](const Tunnel& ended) {
    loop_.later([this, alive, gone = &ended] {
      if (*alive && tunnels_.erase(gone) > 0) --count_;
    });
  });
  auto& dug = *tunnel;
  tunnels_.emplace(&dug, std::move(tunnel));
  ++count_;
  dug.begin(std::move(outside), std::move(inside), context);
  return ours;
}

Result<std::shared_ptr<SSL_CTX>> Dialer::context_for(const api::ServerAddress& server) {
  const auto key = fmt::format("{}|{}|{}|{}", server.address, server.ca, server.certificate, server.key);
  auto& context = contexts_[key];
  if (!context) context = TRY(load_client_tls(server));
  return context;
}

}  // namespace pgbaton::gateway
