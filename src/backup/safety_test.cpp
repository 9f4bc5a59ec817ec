#include "backup/safety.hpp"

#include <gtest/gtest.h>

namespace pgbaton::backup {
namespace {

constexpr base::Bytes kSegment{std::int64_t{16} << 20};

api::BackupSet set_from(std::uint64_t segment) { return {.label = "a", .start = base::Lsn{segment << 24}}; }

TEST(Safety, NeedsABaseBackup) { EXPECT_EQ(why_unsafe({}, {}, {}, kSegment), "there is no base backup"); }

TEST(Safety, HoldsWhenEverySegmentFromTheBackupOnIsThere) {
  const std::vector<std::string> archived{"000000010000000000000002-aa.zst", "000000020000000000000003-bb.zst",
                                          "00000002.history"};
  EXPECT_EQ(why_unsafe({set_from(2)}, archived, base::Lsn{(std::uint64_t{3} << 24) + 1}, kSegment), std::nullopt);
}

TEST(Safety, NamesTheSegmentThatIsMissing) {
  const std::vector<std::string> archived{"000000010000000000000002-aa.zst", "000000010000000000000003.partial-bb.zst",
                                          "000000010000000000000004-cc.zst"};
  const auto why = why_unsafe({set_from(2)}, archived, base::Lsn{std::uint64_t{5} << 24}, kSegment);
  ASSERT_TRUE(why);
  EXPECT_TRUE(why->ends_with("0000000000000003")) << *why;
}

TEST(Safety, DoesNotStandOnDamagedPages) {
  auto damaged = set_from(2);
  damaged.has_page_errors = true;
  EXPECT_TRUE(why_unsafe({set_from(1), damaged}, {}, {}, kSegment));
}

}  // namespace
}  // namespace pgbaton::backup
