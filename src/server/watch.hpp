// Looks at the nodes of databases with standbys, and begins a failover or a repair when one is needed and nothing else
// is being done with the database. One thread.
#pragma once

#include "runbooks/gate.hpp"
#include "runbooks/health.hpp"
#include "server/operations.hpp"

namespace pgbaton::server {

class Watch {
 public:
  Watch(const Shop& shop, Operations& operations) : shop_(shop), operations_(operations) {}
  /// Until stop is requested.
  void run(const std::stop_token& stop);

 private:
  struct Seen {
    runbooks::Ailments ailments;
    base::Lsn primary_position;                                 // the last that was seen
    std::vector<std::string> logical_slots;                     // of the primary, then
    std::map<std::string, runbooks::Steady::time_point> tried;  // by what was needed: one repair holds no failover up
  };
  void look_at(const Document<model::Database>& document);
  [[nodiscard]] base::Result<> act(const Document<model::Database>& document, const Seen& seen,
                                   const runbooks::Verdict& verdict);

  const Shop& shop_;
  Operations& operations_;
  std::map<std::string, Seen> seen_;  // by database
};

}  // namespace pgbaton::server
