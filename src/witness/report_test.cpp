#include "witness/report.hpp"

#include <gmock/gmock.h>

namespace pgbaton::witness {
namespace {

using std::chrono::milliseconds;

Tally tally(int disconnects, std::map<std::string, int> errors, milliseconds longest = {}) {
  Tally tally{.disconnects = disconnects, .errors = std::move(errors)};
  tally.waits.begin(Steady::time_point{});
  tally.waits.finish(Steady::time_point{longest});
  return tally;
}

TEST(Report, AddsUpWhatTheClientsSaw) {
  auto second = tally(1, {{"57P01", 1}, {"08001", 2}}, milliseconds{70});
  second.losses[StateKind::listen] = "listen is not there";
  second.losses[StateKind::work_mem] = "work-mem is other";
  const auto report = summarise({tally(0, {}, milliseconds{5}), second, tally(2, {{"57P01", 2}})}, {.acknowledged = 9});
  EXPECT_EQ(report.connections, 3);
  EXPECT_EQ(report.disconnects, 3);
  EXPECT_EQ(report.errors, (std::map<std::string, int>{{"08001", 2}, {"57P01", 3}}));
  EXPECT_EQ(report.stall, (Stall{70, 70}));
  ASSERT_EQ(report.lost_states.size(), 2U);
  EXPECT_EQ(report.lost_states[0].client, 2);
  EXPECT_EQ(report.lost_states[0].kind, StateKind::work_mem);
}

TEST(Report, IsCleanOnlyWithoutAnyLossAndInDoubtAloneIsNone) {
  EXPECT_TRUE(summarise({tally(0, {})}, {.acknowledged = 9}).is_clean());
  EXPECT_TRUE(summarise({tally(0, {})}, {.in_doubt = 1, .in_doubt_present = 1}).is_clean());
  for (const auto& rows : {Verdict{.lost = 1}, Verdict{.duplicated = 1}, Verdict{.unknown = 1}})
    EXPECT_FALSE(summarise({tally(0, {})}, rows).is_clean());
  EXPECT_FALSE(summarise({tally(1, {})}, {}).is_clean());
  EXPECT_FALSE(summarise({tally(0, {{"40001", 1}})}, {}).is_clean());
  auto changed = tally(0, {});
  changed.losses[StateKind::work_mem] = "work-mem is other";
  EXPECT_FALSE(summarise({changed}, {}).is_clean());
}

TEST(Report, HasTheKeysThatAreFixed) {
  auto report = summarise({tally(1, {{"57P01", 1}})}, {.acknowledged = 100, .in_doubt = 1});
  report.seconds = 4;
  const base::Json json = report;
  for (const auto* key : {"connections", "acknowledged", "lost", "duplicated", "in_doubt", "disconnects",
                          "session_state_lost", "commits_per_second"})
    EXPECT_TRUE(json.at(key).is_number_integer()) << key;
  EXPECT_EQ(json["errors"], (base::Json{{"57P01", 1}}));
  EXPECT_EQ(json["commits_per_second"], 25);
  EXPECT_TRUE(json["stall"].contains("max_ms") && json["stall"].contains("p99_ms"));
  EXPECT_EQ(base::Json(Report{})["errors"], base::Json::object());
  EXPECT_EQ(base::Json(Report{})["session_state_lost_details"], base::Json::array());
}

}  // namespace
}  // namespace pgbaton::witness
