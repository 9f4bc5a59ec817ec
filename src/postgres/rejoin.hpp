// How an instance can become its upstream's standby again: judged from both histories before anything is changed.
#pragma once

#include <variant>

#include "base/names.hpp"
#include "postgres/control_data.hpp"
#include "postgres/standby.hpp"
#include "postgres/upstream.hpp"

namespace pgbaton::postgres {

enum class Rejoin { followed, rewound, rebuilt };
PGBATON_ENUM_NAMES(Rejoin, {Rejoin::followed, "followed"}, {Rejoin::rewound, "rewound"}, {Rejoin::rebuilt, "rebuilt"})

/// Where the upstream's line left the instance's own timeline: whether the own log has a record there decides.
struct Fork {
  int timeline = 0;
  base::Lsn at;
  bool operator==(const Fork&) const = default;
};

struct RejoinPlan {
  Rejoin method = Rejoin::followed;
  std::string reason;                // why not the cheaper one
  std::optional<Fork> left;          // where its own line is left, when it has more than that
  std::optional<api::LogTail> tail;  // what it has beyond
  bool operator==(const RejoinPlan&) const = default;
};

/// What is known of the instance's own log.
struct OwnLog {
  std::string system_identifier;
  int timeline = 0;
  std::vector<TimelineSwitch> history;
  base::Lsn at_least;      // it surely has records up to here
  int newest_history = 0;  // of the history files that lie there: recovery would follow them
};

struct UpstreamLog {
  LogPosition position;
  std::vector<TimelineSwitch> history;
};

/// Pure. A plan, or the place to look at.
[[nodiscard]] std::variant<RejoinPlan, Fork> compare_logs(const OwnLog& own, const UpstreamLog& upstream);

/// Looks at the data directory, its server running or not, and at the upstream; changes nothing. Code::unreachable when
/// the upstream cannot be asked.
[[nodiscard]] base::Result<RejoinPlan> plan_rejoin(const Spec& spec, base::Deadline deadline);

/// Waits until the running instance streams from its upstream, on the upstream's timeline. Code::corrupt when it never
/// will: the upstream has no longer the log that it needs. Code::timed_out when it does not while it gets no further.
[[nodiscard]] base::Result<> wait_until_streaming(const Spec& spec, base::Deadline deadline);

}  // namespace pgbaton::postgres
