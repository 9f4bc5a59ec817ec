#include "runbooks/restore_choice.hpp"

#include <gmock/gmock.h>

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::WallTime;
using std::chrono::milliseconds;
using std::chrono::seconds;

WallTime at(int second) { return WallTime{seconds{1'800'000'000 + second}}; }
std::string text(int second) { return base::to_rfc3339(at(second)); }

api::BackupSet set(const std::string& label, int started, int stopped) {
  return {.label = label, .started_at = text(started), .stopped_at = text(stopped)};
}

api::BackupLine line(const std::string& identifier, int major, std::vector<api::BackupSet> sets) {
  return {.stanza = "shop-" + identifier, .system_identifier = identifier, .major = major, .sets = std::move(sets)};
}

TEST(RestoreChoice, TakesTheNewestSetThatEndedBefore) {
  const Archive archive{{line("7", 17, {set("A", 10, 12), set("B", 100, 102)})}, {}};
  EXPECT_EQ(choose_restore(archive, at(50), at(500))->set, "A");
  EXPECT_EQ(choose_restore(archive, at(102), at(500))->set, "A");
  EXPECT_EQ(choose_restore(archive, at(103), at(500))->set, "B");
  EXPECT_EQ(choose_restore(archive, at(500), at(500))->set, "B");
  EXPECT_TRUE(choose_restore(archive, at(500), at(500))->is_present);
}

TEST(RestoreChoice, RefusesWhatIsOutsideAndNamesTheWindow) {
  const Archive archive{{line("7", 17, {set("A", 10, 12)})}, {}};
  for (const auto time : {at(12), at(12) + milliseconds{999}, at(501)}) {
    const auto chosen = choose_restore(archive, time, at(500));
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().code, Code::refused);
    EXPECT_THAT(chosen.error().remedy, testing::HasSubstr("from " + text(13) + " to " + text(500)));
  }
  EXPECT_TRUE(choose_restore(archive, at(13), at(500)));
  EXPECT_EQ(choose_restore({}, at(5), at(9)).error().code, Code::refused);
}

TEST(RestoreChoice, CrossesTheBoundaryOfAMajorWithTheRightLine) {
  const Archive archive{{line("7", 15, {set("A", 10, 12)}), line("8", 17, {set("B", 110, 112)})},
                        {{.since = "", .system_identifier = "7", .last_timeline = 1, .end = {0x5000028}},
                         {.since = text(100), .system_identifier = "8"}}};
  const auto before = choose_restore(archive, at(99), at(500));
  ASSERT_TRUE(before);
  EXPECT_EQ(before->stanza, "shop-7");
  EXPECT_EQ(before->major, 15);
  EXPECT_FALSE(before->is_present);
  EXPECT_EQ(before->end, base::Lsn{0x4000000});
  EXPECT_EQ(choose_restore(archive, at(113), at(500))->stanza, "shop-8");
  // The new line begins with its first base backup.
  EXPECT_EQ(choose_restore(archive, at(105), at(500)).error().code, Code::refused);
  const auto spans = spans_of(archive, at(500));
  ASSERT_EQ(spans.size(), 2);
  EXPECT_EQ(spans[0], (Span{at(13), at(100), "7", 15}));
  EXPECT_EQ(spans[1], (Span{at(113), at(500), "8", 17}));
}

TEST(RestoreChoice, AColdBaseLeavesNoGapAtTheBoundary) {
  Archive archive{{line("7", 15, {set("A", 10, 12)}), line("8", 17, {set("B", 110, 112)})},
                  {{.since = "", .system_identifier = "7", .last_timeline = 3, .end = {0x5000028}},
                   {.since = text(100), .system_identifier = "8"}}};
  archive.lines[1].has_cold_base = true;
  const auto chosen = choose_restore(archive, at(101), at(500));
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->stanza, "shop-8");
  EXPECT_EQ(chosen->set, "");
  ASSERT_TRUE(chosen->older);
  EXPECT_EQ(chosen->older->stanza, "shop-7");
  EXPECT_EQ(chosen->older->set, "A");
  EXPECT_EQ(chosen->older->timeline, 3);
  EXPECT_EQ(chosen->older_major, 15);
  EXPECT_FALSE(choose_restore(archive, at(113), at(500))->older);
  EXPECT_EQ(sentence_about(spans_of(archive, at(500))), "from " + text(13) + " to " + text(500));
}

TEST(RestoreChoice, AnAbandonedTimelineIsFoundAgainAndKeptOutOfWhatFollowed) {
  // At 200 the database was restored to 50: what was backed up at 100 is not in the past of what followed.
  const Archive archive{{line("7", 17, {set("A", 10, 12), set("X", 100, 102), set("C", 300, 302)})},
                        {{.since = "", .system_identifier = "7", .last_timeline = 1},
                         {.since = text(200), .system_identifier = "7", .restored_to = text(50)}},
                        2};
  const auto abandoned = choose_restore(archive, at(150), at(500));
  ASSERT_TRUE(abandoned);
  EXPECT_EQ(abandoned->set, "X");
  EXPECT_EQ(abandoned->timeline, 1);
  const auto after = choose_restore(archive, at(250), at(500));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->set, "A");
  EXPECT_EQ(after->timeline, 2);
  EXPECT_EQ(choose_restore(archive, at(400), at(500))->set, "C");
  EXPECT_EQ(sentence_about(spans_of(archive, at(500))), "from " + text(13) + " to " + text(500));
}

TEST(RestoreChoice, AfterARevertThePastIsThatOfTheEpochGoneBackTo) {
  const Archive archive{{line("7", 17, {set("A", 10, 12), set("X", 100, 102), set("C", 220, 222)})},
                        {{.since = "", .system_identifier = "7", .last_timeline = 1},
                         {.since = text(200), .system_identifier = "7", .restored_to = text(50), .last_timeline = 2},
                         {.since = text(300), .system_identifier = "7", .restored_to = text(200), .parent = 0}},
                        1};
  const auto chosen = choose_restore(archive, at(400), at(500));
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->set, "X");
  EXPECT_EQ(chosen->timeline, 1);
  const auto between = choose_restore(archive, at(250), at(500));
  ASSERT_TRUE(between);
  EXPECT_EQ(between->set, "C");
  EXPECT_EQ(between->timeline, 2);
}

}  // namespace
}  // namespace pgbaton::runbooks
