#include "witness/stall.hpp"

#include <gmock/gmock.h>

namespace pgbaton::witness {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

Steady::time_point at(int millis) { return Steady::time_point{milliseconds{millis}}; }

std::vector<Steady::duration> one_to(int count) {
  std::vector<Steady::duration> waits;
  for (int wait = count; wait > 0; --wait) waits.emplace_back(milliseconds{wait});
  return waits;
}

TEST(Summarise, TakesTheMaximumAndTheNearestRank) {
  EXPECT_EQ(summarise({}), (Stall{0, 0}));
  EXPECT_EQ(summarise(one_to(1)), (Stall{1, 1}));
  EXPECT_EQ(summarise(one_to(8)), (Stall{8, 8}));
  EXPECT_EQ(summarise(one_to(99)), (Stall{99, 99}));
  EXPECT_EQ(summarise(one_to(100)), (Stall{100, 99}));
  EXPECT_EQ(summarise(one_to(101)), (Stall{101, 100}));
  EXPECT_EQ(summarise(one_to(200)), (Stall{200, 198}));
}

TEST(Summarise, RoundsToMilliseconds) {
  EXPECT_EQ(summarise({microseconds{1499}}).max_ms, 1);
  EXPECT_EQ(summarise({microseconds{1501}}).max_ms, 2);
}

TEST(StallClock, KeepsTheLongestWaitForOneAnswer) {
  StallClock clock;
  clock.begin(at(0));
  EXPECT_EQ(clock.answered(at(5)), milliseconds{5});
  clock.begin(at(100));  // the time between answer and next statement is the client's own
  clock.answered(at(102));
  EXPECT_EQ(clock.longest(), milliseconds{5});
}

TEST(StallClock, ABrokenConnectionIsWaitedThroughUntilTheNextAnswer) {
  StallClock clock;
  clock.begin(at(10));
  clock.begin(at(40));  // the same client, in its next session
  EXPECT_EQ(clock.answered(at(50)), milliseconds{40});
  EXPECT_EQ(clock.longest(), milliseconds{40});
}

TEST(StallClock, AWaitThatNeverEndedCounts) {
  StallClock clock;
  clock.begin(at(10));
  clock.finish(at(100));
  EXPECT_EQ(clock.longest(), milliseconds{90});
  clock.finish(at(1000));
  EXPECT_EQ(clock.longest(), milliseconds{90});
}

}  // namespace
}  // namespace pgbaton::witness
