#include "runbooks/logical_slots.hpp"

#include <gmock/gmock.h>

namespace pgbaton::runbooks {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

api::ReplicationStatus with(std::vector<api::SlotStatus> slots) {
  return {.is_running = true, .slots = std::move(slots)};
}

TEST(LogicalSlots, OnlyThoseMadeForFailoverCanBeCarried) {
  const auto primary = with({{.name = "shop_2", .kind = "physical"},
                             {.name = "cdc", .kind = "logical", .failover = true},
                             {.name = "old", .kind = "logical"}});
  EXPECT_THAT(slots_that_stay(primary), ElementsAre("old"));
  EXPECT_THAT(logical_slots(primary), ElementsAre("cdc", "old"));
}

TEST(LogicalSlots, AStandbyHasThoseThatAreSynchronisedAndUsable) {
  const auto primary = with({{.name = "a", .kind = "logical", .failover = true},
                             {.name = "b", .kind = "logical", .failover = true},
                             {.name = "c", .kind = "logical", .failover = true}});
  const auto standby = with({{.name = "a", .kind = "logical", .failover = true, .synced = true},
                             {.name = "b", .kind = "logical", .failover = true, .synced = true, .usable = false},
                             {.name = "own", .kind = "logical"}});
  EXPECT_THAT(carried_slots(standby), ElementsAre("a"));
  EXPECT_THAT(slots_that_lack(primary, standby), ElementsAre("b", "c"));
}

TEST(LogicalSlots, OneThatIsUselessAlreadyIsNotWaitedFor) {
  const auto primary = with({{.name = "a", .kind = "logical", .failover = true, .usable = false}});
  EXPECT_THAT(slots_that_lack(primary, with({})), IsEmpty());
}

}  // namespace
}  // namespace pgbaton::runbooks
