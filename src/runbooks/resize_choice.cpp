#include "runbooks/resize_choice.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace pgbaton::runbooks {

using model::Replication;
using model::Topology;

namespace {

constexpr std::string_view kSentences[] = {
    "There is nothing to change.",
    "Nobody is restarted, and clients notice nothing.",
    "Nodes are restarted one after the other, standbys first; clients stay connected and wait for the switchover only.",
    "The primary is restarted where it is, while clients stay connected and wait.",
};

std::string nodes_sentence(const Resize& resize) {
  const int change = model::standbys_wanted(resize.to.topology) - model::standbys_wanted(resize.from.topology);
  if (change == 0) return "";
  const auto count = base::counted(static_cast<std::size_t>(std::abs(change)), "standby");
  return change > 0 ? fmt::format(" {} will be made from a base backup.", count)
                    : fmt::format(" {} will be removed, with the data of that node.", count);
}

std::string replication_sentence(const Resize& resize) {
  if (resize.from_replication == resize.to_replication) return "";
  return resize.to_replication == Replication::synchronous
             ? " Commits will wait until a standby has them on disk."
             : " Commits will no longer wait for a standby: a failover may lose the last of them.";
}

}  // namespace

ResizeWay way_of(const Resize& resize) {
  if (resize.from == resize.to && resize.from_replication == resize.to_replication) return ResizeWay::nothing;
  const bool was_alone = resize.from.topology == Topology::starter;
  const bool comes_alone = resize.to.topology == Topology::starter;
  if (resize.from.memory == resize.to.memory) return was_alone && !comes_alone ? ResizeWay::restart : ResizeWay::nodes;
  return !was_alone && resize.from.memory < resize.to.memory ? ResizeWay::rolling : ResizeWay::restart;
}

Replication usual_replication(Topology topology) {
  return topology == Topology::enterprise ? Replication::synchronous : Replication::asynchronous;
}

Replication replication_after(const model::Plan& from, Replication now, const model::Plan& to,
                              std::optional<Replication> asked) {
  if (to.topology == Topology::starter) return Replication::asynchronous;
  if (asked) return *asked;
  return from.topology == to.topology ? now : usual_replication(to.topology);
}

std::string sentence_about(const Resize& resize) {
  return std::string{kSentences[static_cast<int>(way_of(resize))]} + nodes_sentence(resize) +
         replication_sentence(resize);
}

}  // namespace pgbaton::runbooks
