// What a gateway that has given its sessions away still does for those inside TLS: it keeps the TLS and passes the
// bytes between the peer and the process that has the session now. OpenSSL's state of a connection cannot leave the
// process.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "gateway/leg.hpp"

namespace pgbaton::gateway {

class Pump final : Leg::Owner {
 public:
  using Done = std::function<void(Pump&)>;

  Pump(Loop& loop, Done done) : loop_(loop), outside_(loop, *this), inside_(loop, *this), done_(std::move(done)) {}
  ~Pump() override { *alive_ = false; }
  /// `unsent`: what OpenSSL has already begun to send. On the loop's thread, or while it stands still.
  void begin(Stream outside, std::string unsent, system::Fd inside);

 private:
  void on_ready(Leg& leg) override;
  void pass();
  void close();

  Loop& loop_;
  Leg outside_;  // TLS
  Leg inside_;   // a socketpair's end
  Done done_;
  bool is_last_ = false;  // the session has ended
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// All of a process.
class Pumps {
 public:
  void add(Loop& loop, Stream outside, std::string unsent, system::Fd inside);
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Pump>> pumps_;  // guarded by mutex_
  std::atomic<std::size_t> count_{0};
};

}  // namespace pgbaton::gateway
