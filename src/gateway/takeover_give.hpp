// The side of a takeover that serves: lets a new process of the same user have everything, or goes on as if nobody had
// asked. A thread of its own.
#pragma once

#include <thread>

#include "gateway/gateway.hpp"
#include "gateway/pump.hpp"
#include "gateway/takeover_channel.hpp"

namespace pgbaton::gateway {

class Giving {
 public:
  Giving(Gateway& gateway, Loops& loops, Pumps& pumps) : gateway_(gateway), loops_(loops), pumps_(pumps) {}
  Giving(const Giving&) = delete;
  Giving& operator=(const Giving&) = delete;
  ~Giving() { stop(); }

  /// Whoever connects to `path` from here on may take over. `given` is called once, on the thread, when it has.
  [[nodiscard]] base::Result<> begin(const system::Path& path, std::function<void()> given);
  void stop();
  /// Nothing is served here any more, but for the pumps.
  [[nodiscard]] bool has_given() const { return has_given_; }

 private:
  struct Packed {
    Session* session = nullptr;
    Parcel parcel;
  };
  using Locks = std::vector<std::unique_lock<std::mutex>>;

  void serve();
  [[nodiscard]] base::Result<> answer(Channel& channel);
  [[nodiscard]] base::Result<> agree(Channel& channel);
  [[nodiscard]] base::Result<> give(Channel& channel);
  [[nodiscard]] base::Result<> hand_over(Channel& channel);
  static void refuse(Channel& channel, const base::Error& why);
  [[nodiscard]] base::Result<Locks> lock_holds();
  void for_each_listener(const std::function<void(Listener&)>& act);
  void await_passages();
  [[nodiscard]] base::Result<> check_sessions();
  [[nodiscard]] base::Result<> send_databases(Channel& channel, base::Deadline deadline);
  [[nodiscard]] base::Result<std::vector<Packed>> send_sessions(Channel& channel, base::Deadline deadline);
  void let_go(std::vector<Packed>& packed);

  Gateway& gateway_;
  Loops& loops_;
  Pumps& pumps_;
  system::Fd listening_;
  std::function<void()> given_;
  std::chrono::steady_clock::time_point frozen_since_;
  std::atomic<bool> has_given_{false};
  std::atomic<bool> stopping_{false};
  std::jthread thread_;
};

}  // namespace pgbaton::gateway
