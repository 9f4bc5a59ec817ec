// Leases: a primary on another host than the server's writes only while the server says that it may.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace pgbaton::api {

/// How long a lease lasts, counted from the agent's own clock in the answer that the next renewal repeats: however long
/// a renewal was on its way, it prolongs nothing beyond that.
inline constexpr base::Millis kLease{6'000};
/// How long after that, at most, an agent that runs has stopped what has lost its lease.
inline constexpr base::Millis kLeaseSlack{2'000};
/// What a primary whose lease has ended may hold on to: all of its standbys stream from it, so none has been promoted.
/// A standby that is cut off counts for no longer than its walsender's timeout and one such look.
inline constexpr base::Millis kStandbySilence{3'000};

struct Lease {
  std::string clock;                   // of the last answer; empty: none
  std::vector<std::string> instances;  // that may be primaries
};
PGBATON_JSON(Lease, clock, instances)

struct LeaseAnswer {
  std::string clock;
};
PGBATON_JSON(LeaseAnswer, clock)

}  // namespace pgbaton::api
