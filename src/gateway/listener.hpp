// Where clients of one database connect: accepts on one loop and hands the connections to all in turn.
#pragma once

#include "gateway/door.hpp"
#include "system/net.hpp"

namespace pgbaton::gateway {

class Listener final : Watcher {
 public:
  using HandOut = std::function<void(system::Fd client, std::string address)>;

  /// On any thread. Code::failed in words when the address cannot be listened on. Nobody is accepted before begin(),
  /// after which it must live as long as its loop runs.
  [[nodiscard]] static base::Result<std::unique_ptr<Listener>> open(Loop& loop, const system::Endpoint& endpoint,
                                                                    std::shared_ptr<Served> served, HandOut hand_out);
  /// A socket that another process has listened on.
  [[nodiscard]] static std::unique_ptr<Listener> adopt(Loop& loop, system::Fd fd, std::shared_ptr<Served> served,
                                                       HandOut hand_out);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  void begin();
  /// On the loop's thread: who connects waits in the kernel until begin().
  void pause();
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// On the loop's thread, before it is destroyed there.
  void close();

 private:
  Listener(Loop& loop, system::Fd fd, std::shared_ptr<Served> served, HandOut hand_out);
  void on_events(std::uint32_t events) override;
  void accept_all();

  Loop& loop_;
  system::Fd fd_;
  std::shared_ptr<Served> served_;
  HandOut hand_out_;
  bool paused_ = true;
};

/// Whether a client's address is in one of the ranges: "10.0.0.0/8", "192.168.1.7", "fd00::/8". No ranges: everybody.
[[nodiscard]] bool is_allowed(const std::string& address, const std::vector<std::string>& ranges);

}  // namespace pgbaton::gateway
