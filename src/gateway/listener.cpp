#include "gateway/listener.hpp"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace pgbaton::gateway {

using base::Code;
using base::Result;

namespace {

constexpr int kBacklog = 4'096;
constexpr base::Millis kOutOfDescriptors{100};

struct Addresses {
  addrinfo* first = nullptr;
  ~Addresses() { ::freeaddrinfo(first); }
};

Result<system::Fd> listen_on(const system::Endpoint& endpoint) {
  Addresses found;
  const addrinfo hints{.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
  const auto port = std::to_string(endpoint.port);
  if (::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found.first) != 0)
    return base::fail(Code::invalid_argument, "{} is no address of this machine", endpoint.host);
  system::Fd fd{::socket(found.first->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), found.first->ai_addr, found.first->ai_addrlen) != 0 || ::listen(fd.get(), kBacklog) != 0)
    return base::fail(Code::failed, "{} cannot be listened on: {}", system::to_string(endpoint), std::strerror(errno));
  return fd;
}

void prepare_client(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

std::string address_of(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  return fmt::format("{}:{}", host.data(), port.data());
}

}  // namespace

bool is_allowed(const std::string& address, const std::vector<std::string>& ranges) {
  if (ranges.empty()) return true;
  return std::ranges::any_of(ranges, [&](const auto& range) { return system::is_in_range(address, range); });
}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const system::Endpoint& endpoint,
                                                 std::shared_ptr<Served> served, HandOut hand_out) {
  auto fd = TRY(listen_on(endpoint));
  return std::unique_ptr<Listener>{new Listener{loop, std::move(fd), std::move(served), std::move(hand_out)}};
}

Listener::Listener(Loop& loop, system::Fd fd, std::shared_ptr<Served> served, HandOut hand_out)
    : loop_(loop), fd_(std::move(fd)), served_(std::move(served)), hand_out_(std::move(hand_out)) {}

std::unique_ptr<Listener> Listener::adopt(Loop& loop, system::Fd fd, std::shared_ptr<Served> served, HandOut hand_out) {
  return std::unique_ptr<Listener>{new Listener{loop, std::move(fd), std::move(served), std::move(hand_out)}};
}

void Listener::begin() {
  loop_.post([this] {
    paused_ = false;
    if (fd_.valid()) loop_.watch(fd_.get(), *this);
  });
}

void Listener::pause() {
  paused_ = true;
  if (fd_.valid()) loop_.unwatch(fd_.get());
}

void Listener::close() {
  if (!fd_.valid()) return;
  loop_.unwatch(fd_.get());
  fd_.close();
}

void Listener::on_events(std::uint32_t) { accept_all(); }

void Listener::accept_all() {
  while (fd_.valid() && !paused_) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    system::Fd client{::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!client.valid()) {
      if (errno == EMFILE || errno == ENFILE) loop_.after(kOutOfDescriptors, [this] { accept_all(); });
      if (errno == ECONNABORTED || errno == EINTR) continue;
      return;
    }
    auto address = address_of(from, size);
    if (!is_allowed(address.substr(0, address.rfind(':')), served_->settings()->database.allow)) {
      ++served_->counters.refused;
      continue;
    }
    prepare_client(client.get());
    hand_out_(std::move(client), std::move(address));
  }
}

}  // namespace pgbaton::gateway
