// What a change of plan comes to: which way it goes, and what that means for people. Pure.
#pragma once

#include "model/database.hpp"

namespace pgbaton::runbooks {

/// From what to what; in an operation's request under "resize".
struct Resize {
  model::Plan from;
  model::Plan to;
  model::Replication from_replication = model::Replication::asynchronous;
  model::Replication to_replication = model::Replication::asynchronous;
  std::vector<std::string> present;  // the nodes that were there before
};
PGBATON_JSON(Resize, from, to, from_replication, to_replication, present)

enum class ResizeWay {
  nothing,
  nodes,    // standbys come or go, or commits wait for them; nobody is restarted
  rolling,  // standbys are restarted with more memory, one becomes the primary, the old one comes last
  restart,  // the primary is restarted where it is, before its standbys
};

/// Hot standby refuses to go on with fewer connections than its primary has: standbys grow first, primaries shrink
/// first. A single node has nobody to switch to, and lets other nodes in only from a start on.
[[nodiscard]] ResizeWay way_of(const Resize& resize);

/// What was asked for; else what it is while the topology stays, else what is usual for the new one.
[[nodiscard]] model::Replication replication_after(const model::Plan& from, model::Replication now,
                                                   const model::Plan& to, std::optional<model::Replication> asked);
[[nodiscard]] model::Replication usual_replication(model::Topology topology);

/// What clients notice of it and what becomes of the nodes, as sentences.
[[nodiscard]] std::string sentence_about(const Resize& resize);

}  // namespace pgbaton::runbooks
