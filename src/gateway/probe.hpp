// Asks one server, as the platform's superuser, whether it is there and is no standby. One question at a time, on one
// loop.
#pragma once

#include <memory>
#include <string>

#include "gateway/dialer.hpp"
#include "gateway/leg.hpp"
#include "wire/server_login.hpp"

namespace pgbaton::gateway {

class Probe final : Leg::Owner {
 public:
  using Answer = std::move_only_function<void(bool is_up)>;

  Probe(Loop& loop, Dialer& dialer) : loop_(loop), dialer_(dialer), leg_(loop, *this) {}
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe() override { *alive_ = false; }

  [[nodiscard]] bool is_asking() const { return answer_ != nullptr; }
  /// The answer comes within two seconds, later in the turn at the earliest.
  void ask(const api::ServerAddress& server, const std::string& superuser, Answer answer);

 private:
  void on_ready(Leg& leg) override;
  /// False: it is of no use.
  [[nodiscard]] bool take(const wire::Message& message);
  void end(bool is_up);

  Loop& loop_;
  Dialer& dialer_;
  Leg leg_;
  std::optional<wire::ServerLogin> login_;
  bool is_primary_ = false;
  std::uint64_t asked_ = 0;
  Answer answer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pgbaton::gateway
