#include "witness/ledger.hpp"

#include <gmock/gmock.h>

namespace pgbaton::witness {
namespace {

struct Sent {
  Row row;
  Fate fate;
};

struct Case {
  const char* name;
  std::vector<Sent> sent;
  std::vector<Row> present;
  Verdict verdict;
};

class Verdicts : public testing::TestWithParam<Case> {};

TEST_P(Verdicts, HoldWhatWasAcknowledgedAgainstWhatIsThere) {
  Ledger ledger;
  for (const auto& sent : GetParam().sent) ledger.record(sent.row, sent.fate);
  Audit audit{ledger};
  for (const auto& row : GetParam().present) audit.see(row);
  const auto verdict = audit.verdict();
  EXPECT_EQ(verdict, GetParam().verdict) << "acknowledged " << verdict.acknowledged << ", lost " << verdict.lost
                                         << ", duplicated " << verdict.duplicated << ", in doubt " << verdict.in_doubt
                                         << ", present of these " << verdict.in_doubt_present << ", unknown "
                                         << verdict.unknown;
}

constexpr auto kYes = Fate::acknowledged;
constexpr auto kMaybe = Fate::in_doubt;
constexpr auto kNo = Fate::refused;

INSTANTIATE_TEST_SUITE_P(
    Ledger, Verdicts,
    testing::Values(
        Case{"Nothing", {}, {}, {}},
        Case{"AllThere",
             {{{1, 1}, kYes}, {{1, 2}, kYes}, {{2, 1}, kYes}},
             {{2, 1}, {1, 1}, {1, 2}},
             {.acknowledged = 3}},
        Case{"OneLost", {{{1, 1}, kYes}, {{1, 2}, kYes}}, {{1, 1}}, {.acknowledged = 2, .lost = 1}},
        Case{"AllLost", {{{1, 1}, kYes}, {{3, 1}, kYes}}, {}, {.acknowledged = 2, .lost = 2}},
        Case{"OneTwice", {{{1, 1}, kYes}}, {{1, 1}, {1, 1}}, {.acknowledged = 1, .duplicated = 1}},
        Case{"OneFourTimesIsOneDuplicatedNumber",
             {{{1, 1}, kYes}},
             {{1, 1}, {1, 1}, {1, 1}, {1, 1}},
             {.acknowledged = 1, .duplicated = 1}},
        Case{"LostAndTwiceDoNotOffsetEachOther",
             {{{1, 1}, kYes}, {{1, 2}, kYes}},
             {{1, 1}, {1, 1}},
             {.acknowledged = 2, .lost = 1, .duplicated = 1}},
        Case{"InDoubtMayBeThereOrNot",
             {{{1, 1}, kMaybe}, {{1, 2}, kMaybe}},
             {{1, 2}},
             {.in_doubt = 2, .in_doubt_present = 1}},
        Case{"InDoubtTwiceIsDuplicated",
             {{{1, 1}, kMaybe}},
             {{1, 1}, {1, 1}},
             {.duplicated = 1, .in_doubt = 1, .in_doubt_present = 1}},
        Case{"RefusedAndAbsentIsWellAndThereIsUnknown", {{{1, 1}, kNo}, {{1, 2}, kNo}}, {{1, 2}}, {.unknown = 1}},
        Case{"NeverSentIsUnknown",
             {{{1, 1}, kYes}, {{1, 3}, kYes}},
             {{1, 1}, {1, 3}, {1, 2}, {1, 4}, {2, 1}, {0, 1}, {1, 0}, {-1, -1}},
             {.acknowledged = 2, .unknown = 6}}),
    [](const auto& info) { return info.param.name; });

TEST(LedgerLine, IsReadAsItWasWritten) {
  Ledger ledger;
  for (const auto fate : {kYes, kMaybe, kNo}) {
    const Row row{7, 1024};
    auto line = ledger_line(row, fate);
    ASSERT_EQ(line.back(), '\n');
    line.pop_back();
    ASSERT_TRUE(record_line(ledger, line)) << line;
    EXPECT_EQ(ledger.fate(row), fate);
  }
  EXPECT_EQ(ledger_line({7, 1024}, kYes), "a 7 1024\n");
}

TEST(LedgerLine, DamageIsNamed) {
  for (const auto* line :
       {"", "a", "a 1", "a 1 2 3", "x 1 2", "aa 1 2", "a 0 1", "a 1 0", "a -1 2", "a 1 2x", "a  1"}) {
    Ledger ledger;
    const auto read = record_line(ledger, line);
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().code, base::Code::corrupt);
    EXPECT_TRUE(ledger.clients().empty()) << line;
  }
}

}  // namespace
}  // namespace pgbaton::witness
