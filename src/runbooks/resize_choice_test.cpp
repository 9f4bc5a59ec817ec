#include "runbooks/resize_choice.hpp"

#include <gtest/gtest.h>

namespace pgbaton::runbooks {
namespace {

using model::Replication;

Resize resize(const char* from, const char* to, Replication before = Replication::asynchronous,
              Replication after = Replication::asynchronous) {
  return {.from = model::parse_plan(from).value(),
          .to = model::parse_plan(to).value(),
          .from_replication = before,
          .to_replication = after};
}

TEST(Resize, GoesTheWayThatHotStandbyAllows) {
  struct Row {
    const char* from;
    const char* to;
    ResizeWay way;
  };
  constexpr Row kRows[] = {
      {"starter-512", "starter-512", ResizeWay::nothing},      {"starter-512", "starter-1024", ResizeWay::restart},
      {"starter-1024", "starter-512", ResizeWay::restart},     {"starter-512", "business-512", ResizeWay::restart},
      {"starter-512", "enterprise-1024", ResizeWay::restart},  {"business-512", "business-1024", ResizeWay::rolling},
      {"business-1024", "business-512", ResizeWay::restart},   {"business-512", "enterprise-512", ResizeWay::nodes},
      {"enterprise-512", "business-512", ResizeWay::nodes},    {"enterprise-512", "starter-512", ResizeWay::nodes},
      {"enterprise-512", "business-1024", ResizeWay::rolling}, {"business-512", "starter-1024", ResizeWay::rolling},
      {"business-1024", "starter-512", ResizeWay::restart},
  };
  for (const auto& row : kRows) EXPECT_EQ(way_of(resize(row.from, row.to)), row.way) << row.from << " " << row.to;
}

TEST(Resize, OfNothingButTheReplicationRestartsNobody) {
  EXPECT_EQ(way_of(resize("business-512", "business-512", Replication::asynchronous, Replication::synchronous)),
            ResizeWay::nodes);
}

TEST(Resize, KeepsTheReplicationUntilTheTopologyChanges) {
  const auto plan = [](const char* text) { return model::parse_plan(text).value(); };
  constexpr auto kSync = Replication::synchronous;
  constexpr auto kAsync = Replication::asynchronous;
  EXPECT_EQ(replication_after(plan("business-512"), kSync, plan("business-1024"), {}), kSync);
  EXPECT_EQ(replication_after(plan("business-512"), kAsync, plan("enterprise-512"), {}), kSync);
  EXPECT_EQ(replication_after(plan("enterprise-512"), kSync, plan("business-512"), {}), kAsync);
  EXPECT_EQ(replication_after(plan("enterprise-512"), kSync, plan("business-512"), kSync), kSync);
  EXPECT_EQ(replication_after(plan("enterprise-512"), kSync, plan("starter-512"), kSync), kAsync);
}

TEST(Resize, SaysWhatIsGivenUp) {
  const auto text =
      sentence_about(resize("enterprise-512", "business-512", Replication::synchronous, Replication::asynchronous));
  EXPECT_NE(text.find("1 standby will be removed"), std::string::npos) << text;
  EXPECT_NE(text.find("may lose"), std::string::npos) << text;
}

}  // namespace
}  // namespace pgbaton::runbooks
