// For databases whose sessions wait when their server dies (OnLoss::wait), the sessions of one loop: looks for the next
// server while any waits, and sees to it meanwhile that sessions' state is known, for then nobody can be asked.
#pragma once

#include "gateway/probe.hpp"
#include "gateway/served.hpp"

namespace pgbaton::gateway {

class Door;

class Loss {
 public:
  Loss(Loop& loop, std::shared_ptr<Served> served, Door& door);
  Loss(const Loss&) = delete;
  Loss& operator=(const Loss&) = delete;
  ~Loss() { *alive_ = false; }

  /// For as long as the database is served.
  void begin_keeping();
  /// A session waits for the next server.
  void look_for_server();

 private:
  void keep();
  void found(bool is_up);

  Loop& loop_;
  std::shared_ptr<Served> served_;
  Door& door_;
  Probe probe_;
  bool is_looking_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pgbaton::gateway
