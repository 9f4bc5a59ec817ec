#include "gateway/takeover_channel.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "gateway/unix_connect.hpp"

namespace pgbaton::gateway {

using base::Code;
using base::Deadline;
using base::Json;
using base::Result;

namespace {

constexpr std::size_t kLongest = std::size_t{256} << 20;
constexpr base::Millis kFlightPause{5};
constexpr std::size_t kLengthBytes = 4;

union Control {
  cmsghdr header;  // for its alignment
  std::array<char, CMSG_SPACE(sizeof(int) * Channel::kMaxDescriptors)> bytes;
};

std::string framed(const Json& message) {
  std::string bytes(kLengthBytes, '\0');
  Json::to_cbor(message, bytes);
  const auto size = static_cast<std::uint32_t>(bytes.size() - kLengthBytes);
  std::memcpy(bytes.data(), &size, sizeof size);
  return bytes;
}

void attach(msghdr& header, Control& control, std::span<const int> descriptors) {
  header.msg_control = control.bytes.data();
  header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  auto* const part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
}

void collect(msghdr& header, std::deque<system::Fd>& came) {
  for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      came.emplace_back(fd);
    }
  }
}

}  // namespace

Result<Channel> Channel::connect(const system::Path& path) {
  return Channel { TRY(connect_unix(path)) };
}

Result<> Channel::wait(short events, Deadline deadline) const {
  pollfd polled{.fd = socket_.get(), .events = events, .revents = 0};
  const int ready = ::poll(&polled, 1, static_cast<int>(deadline.remaining().count()) + 1);
  if (ready == 0 && deadline.passed()) return base::fail(Code::timed_out, "the other gateway process does not answer");
  return {};
}

Result<> Channel::send(const Json& message, std::span<const int> descriptors, Deadline deadline) {
  const auto bytes = framed(message);
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    iovec part{.iov_base = const_cast<char*>(bytes.data()) + sent, .iov_len = bytes.size() - sent};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    Control control{};
    if (sent == 0 && !descriptors.empty()) attach(header, control, descriptors);
    const auto put = ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put >= 0) {
      sent += static_cast<std::size_t>(put);
      continue;
    }
    if (errno == EAGAIN) {
      TRY(wait(POLLOUT, deadline));
    } else if (errno == ETOOMANYREFS) {  // so many descriptors are on their way as may be open: the other takes some
      if (deadline.passed()) return base::fail(Code::timed_out, "the other gateway process takes no descriptors");
      ::poll(nullptr, 0, static_cast<int>(kFlightPause.count()));
    } else if (errno != EINTR) {
      return base::fail(Code::unreachable, "the other gateway process has gone: {}", std::strerror(errno));
    }
  }
  return {};
}

Result<> Channel::receive_some(Deadline deadline) {
  std::array<char, std::size_t{64} << 10> buffer;
  iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  const auto got = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return wait(POLLIN, deadline);
  if (got < 0 && errno == EINTR) return {};
  if (got <= 0) return base::fail(Code::unreachable, "the other gateway process has gone");
  collect(header, came_);
  if ((header.msg_flags & MSG_CTRUNC) != 0)
    return base::fail(Code::failed, "this process may not have so many descriptors open (RLIMIT_NOFILE)");
  unread_.append(buffer.data(), static_cast<std::size_t>(got));
  return {};
}

Result<> Channel::fill(std::size_t size, Deadline deadline) {
  while (unread_.size() < size) TRY(receive_some(deadline));
  return {};
}

Result<Json> Channel::receive(Deadline deadline) {
  TRY(fill(kLengthBytes, deadline));
  std::uint32_t size = 0;
  std::memcpy(&size, unread_.data(), sizeof size);
  if (size > kLongest) return base::fail(Code::corrupt, "the other gateway process sends what is no message");
  TRY(fill(kLengthBytes + size, deadline));
  const auto body = std::string_view{unread_}.substr(kLengthBytes, size);
  auto message = Json::from_cbor(body.begin(), body.end(), true, false);
  unread_.erase(0, kLengthBytes + size);
  if (message.is_discarded()) return base::fail(Code::corrupt, "the other gateway process sends what is no message");
  return message;
}

Result<system::Fd> Channel::take_descriptor() {
  if (came_.empty()) return base::fail(Code::corrupt, "the other gateway process sent fewer descriptors than it says");
  auto fd = std::move(came_.front());
  came_.pop_front();
  return fd;
}

Result<Channel::Peer> Channel::peer() const {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    return base::fail(Code::failed, "SO_PEERCRED: {}", std::strerror(errno));
  return Peer{who.pid, who.uid};
}

// Under a name of its own until it listens, so that whoever connects finds the one or the other.
Result<system::Fd> listen_for_takeover(const system::Path& path) {
  const auto made = (path.parent_path() / "takeover.new").string();
  sockaddr_un address{.sun_family = AF_UNIX};
  if (made.size() >= sizeof address.sun_path) return base::fail(Code::failed, "{} is too long for a socket", made);
  made.copy(address.sun_path, made.size());
  ::unlink(made.c_str());
  system::Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(made.c_str(), 0600) != 0 || ::listen(fd.get(), 1) != 0)
    return system::os_failure("cannot listen on", made);
  TRY(system::rename_path(made, path));
  return fd;
}

}  // namespace pgbaton::gateway
