// A connection to a PostgreSQL server of another host: TCP, PostgreSQL's SSLRequest, TLS with both certificates
// checked, then bytes both ways between it and a socketpair's end, whose other end its user has from the first moment.
// When either side ends, so does the other. A gateway that is taken over keeps its tunnels: only the socketpair's end
// can be given away. Owned by a Dialer, on its loop.
#pragma once

#include <functional>
#include <memory>

#include "gateway/leg.hpp"

namespace pgbaton::gateway {

class Tunnel final : Leg::Owner {
 public:
  using Done = std::function<void(const Tunnel&)>;

  Tunnel(Loop& loop, Done done) : loop_(loop), outside_(loop, *this), inside_(loop, *this), done_(std::move(done)) {}
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;
  ~Tunnel() override { *alive_ = false; }
  /// `outside`: a TCP socket that is being connected.
  void begin(system::Fd outside, system::Fd inside, std::shared_ptr<SSL_CTX> context);

 private:
  enum class Stage { asking, shaking_hands, passing, ended };

  void on_ready(Leg& leg) override;
  void read_consent();
  void shake_hands();
  void pass();
  void close();

  Loop& loop_;
  Leg outside_;
  Leg inside_;
  Done done_;
  std::shared_ptr<SSL_CTX> context_;
  Stage stage_ = Stage::asking;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pgbaton::gateway
