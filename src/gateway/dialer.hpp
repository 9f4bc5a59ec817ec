// How the sessions of one loop and one database reach servers: by the Unix socket of one on this host; through a tunnel
// to one on another host, so that either is a stream that is there at once. Used on the loop's thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>

#include "api/gateway.hpp"
#include "gateway/loop.hpp"
#include "gateway/tls.hpp"

namespace pgbaton::gateway {

class Tunnel;

class Dialer {
 public:
  /// `tunnels`: how many there are of the whole process, counted here.
  Dialer(Loop& loop, std::atomic<std::size_t>& tunnels);
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;
  ~Dialer();

  /// Code::unreachable when nobody listens there, or more are waiting than the server takes: try again soon. What goes
  /// wrong on the way to another host is seen as the stream's end.
  [[nodiscard]] base::Result<system::Fd> connect(const api::ServerAddress& server);
  /// Certificates are read anew.
  void forget_server() { contexts_.clear(); }

 private:
  [[nodiscard]] base::Result<std::shared_ptr<SSL_CTX>> context_for(const api::ServerAddress& server);
  [[nodiscard]] base::Result<system::Fd> dig(const api::ServerAddress& server);

  Loop& loop_;
  std::atomic<std::size_t>& count_;
  std::map<std::string, std::shared_ptr<SSL_CTX>> contexts_;  // by address and files
  std::map<const Tunnel*, std::unique_ptr<Tunnel>> tunnels_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pgbaton::gateway
