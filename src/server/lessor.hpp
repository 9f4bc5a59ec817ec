// Renews the leases of primaries on other hosts: one thread per host, so that one that does not answer costs no other
// its lease.
#pragma once

#include <thread>

#include "server/turn.hpp"

namespace pgbaton::server {

class Lessor {
 public:
  explicit Lessor(const Shop& shop) : shop_(shop) {}
  /// Until stop is requested. Hosts that are added or removed meanwhile are seen.
  void run(const std::stop_token& stop);

 private:
  void renew_at(const std::string& host, const std::stop_token& stop);

  const Shop& shop_;
};

/// The primaries that a host may have: not those that are being replaced. Pure.
[[nodiscard]] std::vector<std::string> primaries_of(const std::string& host,
                                                    const std::vector<Document<model::Database>>& databases,
                                                    const std::vector<model::Operation>& operations);

}  // namespace pgbaton::server
