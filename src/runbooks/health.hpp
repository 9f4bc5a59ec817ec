// What a database's nodes need, judged from how they were seen. Pure.
#pragma once

#include <chrono>
#include <map>

#include "runbooks/cluster.hpp"

namespace pgbaton::runbooks {

/// How a node does its part: the primary takes writes, a standby streams, and its primary says so too.
/// gone: nobody sees it, neither its agent nor any of its standbys.
enum class Health { well, ill, unseen, gone };
[[nodiscard]] Health health_of(const Observed& one, const Observed& primary);

/// What is wrong with the way in which a standby gets its log, seen from both sides.
enum class Trouble {
  none,
  not_running,
  not_streaming,  // from its own side
  not_sent,       // the primary knows of no such standby: what the standby says of itself may be an hour old
  slot_missing,   // no log is kept for it
  slot_at_risk,   // so far behind that the log which it needs may go: it still gets it
  slot_lost,      // the log that it needs is gone: it has to be built anew
};
[[nodiscard]] Trouble trouble_of(const Observed& standby, const Observed& primary);
/// For people; empty for none.
[[nodiscard]] std::string_view sentence_about(Trouble trouble);
/// How the primary counts it: "sync", "quorum", "async" …; empty when it does not.
[[nodiscard]] std::string sync_state_of(const Observed& standby, const Observed& primary);

/// Since when each node has not been well, by name; kept by whoever watches.
using Steady = std::chrono::steady_clock;
struct Ailment {
  Health health = Health::ill;
  Steady::time_point since;
};
using Ailments = std::map<std::string, Ailment>;
void note_health(Ailments& ailments, const std::vector<Observed>& all, Steady::time_point now);

enum class Need { nothing, failover, repair };
struct Verdict {
  Need need = Need::nothing;
  std::string node;
};

/// An ill primary whose commits no standby need have is given time to come back by itself: nothing is lost then. A node
/// whose agent does not answer may well be in service; a primary that no standby hears of either is not, for most.
[[nodiscard]] Verdict judge(const model::Database& database, const Ailments& ailments, Steady::time_point now);

}  // namespace pgbaton::runbooks
