#include "runbooks/logical_slots.hpp"

#include <algorithm>

namespace pgbaton::runbooks {
namespace {

template <typename Wanted>
std::vector<std::string> names_of_logical(const api::ReplicationStatus& node, Wanted wanted) {
  std::vector<std::string> names;
  for (const auto& slot : node.slots)
    if (slot.kind == "logical" && wanted(slot)) names.push_back(slot.name);
  return names;
}

}  // namespace

std::vector<std::string> slots_that_stay(const api::ReplicationStatus& primary) {
  return names_of_logical(primary, [](const auto& slot) { return !slot.failover; });
}

// One that is useless on the primary already is nothing to wait for.
std::vector<std::string> slots_that_lack(const api::ReplicationStatus& primary, const api::ReplicationStatus& standby) {
  const auto there = carried_slots(standby);
  return names_of_logical(primary, [&](const auto& slot) {
    return slot.failover && slot.usable && std::ranges::find(there, slot.name) == there.end();
  });
}

std::vector<std::string> carried_slots(const api::ReplicationStatus& standby) {
  return names_of_logical(standby, [](const auto& slot) { return slot.synced && slot.usable; });
}

std::vector<std::string> logical_slots(const api::ReplicationStatus& node) {
  return names_of_logical(node, [](const auto&) { return true; });
}

}  // namespace pgbaton::runbooks
