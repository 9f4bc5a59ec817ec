// The side of a takeover that begins: has everything sent by the process that serves, makes it anew with its own loops
// standing still, and serves once that one has decided.
#pragma once

#include "gateway/frozen.hpp"
#include "gateway/takeover_channel.hpp"

namespace pgbaton::gateway {

class Taking {
 public:
  Taking(Gateway& gateway, Loops& loops) : gateway_(gateway), loops_(loops) {}

  /// An error: nothing has moved, or the other process goes on with it. After an error in which sessions are here
  /// already (has_sessions) this process must end without running its loops again: they are not its own.
  [[nodiscard]] base::Result<> take(const system::Path& socket);
  [[nodiscard]] bool has_sessions() const { return frozen_ != nullptr; }
  /// Serves, after take().
  void go_on();

 private:
  [[nodiscard]] base::Result<> take_from(const system::Path& socket);
  [[nodiscard]] base::Result<> agree(Channel& channel);
  [[nodiscard]] base::Result<> receive_all(Channel& channel);
  [[nodiscard]] base::Result<bool> receive_one(Channel& channel);
  [[nodiscard]] base::Result<> take_database(const base::Json& message, Channel& channel);
  [[nodiscard]] base::Result<> take_session(const base::Json& message, Channel& channel);
  [[nodiscard]] base::Result<> await_decision(Channel& channel, const system::Fd& process);

  Gateway& gateway_;
  Loops& loops_;
  std::unique_ptr<Frozen> frozen_;
  std::vector<std::pair<Loop*, Session*>> sessions_;
};

}  // namespace pgbaton::gateway
