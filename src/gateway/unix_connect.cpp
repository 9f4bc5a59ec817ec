#include "gateway/unix_connect.hpp"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

namespace pgbaton::gateway {

using base::Code;

base::Result<system::Fd> connect_unix(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX};
  if (path.size() >= sizeof address.sun_path)
    return base::fail(Code::invalid_argument, "{} is too long for a socket", path);
  path.copy(address.sun_path, path.size());
  system::Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd.valid()) return base::fail(Code::failed, "socket: {}", std::strerror(errno));
  // A Unix socket connects at once or not at all; EAGAIN: the server's backlog is full (unix(7)).
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return base::fail(Code::unreachable, "{}: {}", path, std::strerror(errno));
  return fd;
}

}  // namespace pgbaton::gateway
