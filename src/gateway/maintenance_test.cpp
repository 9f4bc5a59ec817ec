#include "gateway/maintenance.hpp"

#include <gtest/gtest.h>

namespace pgbaton::gateway {
namespace {

constexpr auto kSince = "2026-11-28T01:00:00.000Z";

base::WallTime at(std::string_view time) { return *base::parse_rfc3339(time); }

TEST(Maintenance, LetsTransactionsEndUntilItsGraceIsOver) {
  const api::Maintenance maintenance{.since = kSince, .grace_ms = 30'000};
  EXPECT_EQ(stage_of(maintenance, at(kSince)), MaintenanceStage::letting_go);
  EXPECT_EQ(stage_of(maintenance, at("2026-11-28T01:00:29.999Z")), MaintenanceStage::letting_go);
  EXPECT_EQ(stage_of(maintenance, at("2026-11-28T01:00:30Z")), MaintenanceStage::cutting);
}

TEST(Maintenance, WithoutGraceCutsAtOnce) {
  EXPECT_EQ(stage_of({.since = kSince}, at(kSince)), MaintenanceStage::cutting);
}

TEST(Maintenance, IsOverAtItsTimeWhateverIsStillOpen) {
  const api::Maintenance maintenance{.until = "2026-11-28T01:00:10Z", .since = kSince, .grace_ms = 30'000};
  EXPECT_EQ(stage_of(maintenance, at("2026-11-28T01:00:09.999Z")), MaintenanceStage::letting_go);
  EXPECT_EQ(stage_of(maintenance, at("2026-11-28T01:00:10Z")), MaintenanceStage::over);
}

TEST(Maintenance, WithTimesThatCannotBeReadStaysAndCutsNobody) {
  const api::Maintenance maintenance{.until = "tomorrow", .since = "?"};
  EXPECT_EQ(stage_of(maintenance, at("2030-01-01T00:00:00Z")), MaintenanceStage::letting_go);
}

TEST(Maintenance, TellsClientsWhatIsKnown) {
  EXPECT_EQ(sentence_about("shop", {}), "database \"shop\" is in maintenance");
  EXPECT_EQ(sentence_about("shop", {.message = "new prices"}), "database \"shop\" is in maintenance: new prices");
  EXPECT_EQ(sentence_about("shop", {.message = "new prices", .until = "2026-11-28T01:00:00.000Z"}),
            "database \"shop\" is in maintenance until 2026-11-28 01:00:00 UTC: new prices");
  EXPECT_EQ(hint_about({}), "Connect again later.");
  EXPECT_EQ(hint_about({.until = kSince}), "Connect again then.");
}

}  // namespace
}  // namespace pgbaton::gateway
