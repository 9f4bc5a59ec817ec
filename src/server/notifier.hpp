// Tells receivers what operations do: each event once it is stored, in their order, again until it got there. One
// thread. An event may come twice (after a crash), and is known by its delivery id then.
#pragma once

#include <map>

#include "server/receivers.hpp"

namespace pgbaton::server {

class Notifier {
 public:
  explicit Notifier(const Shop& shop) : shop_(shop) {}
  /// Until stop is requested.
  void run(const std::stop_token& stop);

 private:
  struct Attempts {
    int failures = 0;
    base::WallTime next;
  };
  [[nodiscard]] base::Result<> tell(const model::Receiver& receiver);
  [[nodiscard]] base::Result<bool> tell_one(const model::Receiver& receiver, model::Told& told,
                                            const store::Entry& entry);

  const Shop& shop_;
  std::map<std::string, Attempts> attempts_;  // by receiver
};

}  // namespace pgbaton::server
