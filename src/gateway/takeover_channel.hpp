// What two gateway processes of one user say to each other while the new one takes over: values in CBOR, with
// descriptors beside them, over a Unix socket. Each side uses it from one thread and never waits beyond a deadline.
#pragma once

#include <deque>
#include <span>

#include <sys/types.h>

#include "base/json.hpp"
#include "system/file.hpp"

namespace pgbaton::gateway {

class Channel {
 public:
  /// Descriptors that go with one message.
  static constexpr std::size_t kMaxDescriptors = 16;

  explicit Channel(system::Fd socket) : socket_(std::move(socket)) {}
  /// Code::unreachable when nobody takes connections there.
  [[nodiscard]] static base::Result<Channel> connect(const system::Path& path);

  /// Code::timed_out, or Code::unreachable when the other has gone. The descriptors stay open here.
  [[nodiscard]] base::Result<> send(const base::Json& message, std::span<const int> descriptors,
                                    base::Deadline deadline);
  [[nodiscard]] base::Result<base::Json> receive(base::Deadline deadline);
  /// Of those that came, the first that was not taken yet. Code::corrupt when there is none.
  [[nodiscard]] base::Result<system::Fd> take_descriptor();

  struct Peer {
    pid_t pid = -1;
    uid_t uid = 0;
  };
  /// Who connected, or who listened.
  [[nodiscard]] base::Result<Peer> peer() const;

 private:
  [[nodiscard]] base::Result<> fill(std::size_t size, base::Deadline deadline);
  [[nodiscard]] base::Result<> receive_some(base::Deadline deadline);
  [[nodiscard]] base::Result<> wait(short events, base::Deadline deadline) const;

  system::Fd socket_;
  std::string unread_;
  std::deque<system::Fd> came_;
};

/// A Unix socket that listens at `path` in the place of whatever was there; only this user gets to it.
[[nodiscard]] base::Result<system::Fd> listen_for_takeover(const system::Path& path);

}  // namespace pgbaton::gateway
