#include <set>

#include <gtest/gtest.h>

#include "runbooks/major_steps.hpp"
#include "runbooks/switchover_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Json;

TEST(Runbooks, AreFoundByTheirKind) {
  for (const auto& runbook : runbooks()) EXPECT_EQ(find_runbook(runbook.kind)->title, runbook.title);
  EXPECT_EQ(find_runbook("no-such"), nullptr);
}

TEST(Runbooks, HaveStepsWithNamesOfTheirOwnAndSentences) {
  for (const auto& runbook : runbooks()) {
    std::set<std::string_view> names;
    ASSERT_FALSE(runbook.steps.empty()) << runbook.kind;
    for (const auto& step : runbook.steps) {
      EXPECT_TRUE(names.insert(step.row.name).second) << runbook.kind << " " << step.row.name;
      EXPECT_TRUE(step.row.text.ends_with('.')) << step.row.text;
      EXPECT_NE(step.run, nullptr);
    }
  }
}

// A step that makes clients wait must be undoable until the point of no return has been passed.
TEST(Runbooks, CanGiveTheDatabaseBackUntilThePointOfNoReturn) {
  for (const auto* kind : {"minor-single", "major-single", "major-cluster", "revert-single", "revert-cluster",
                           "switchover", "resize-rolling", "resize-restart"}) {
    bool interrupted = false;
    bool undoable = false;
    for (const auto& step : find_runbook(kind)->steps) {
      if (step.row.point_of_no_return) break;
      interrupted = interrupted || step.row.impact == model::Impact::stall;
      undoable = undoable || step.undo != nullptr;
      EXPECT_TRUE(undoable || !interrupted) << kind << " " << step.row.name;
    }
    EXPECT_TRUE(interrupted) << kind;
  }
}

// Until then the old version must be startable, and no client may be let in.
TEST(MajorUpgrade, LetsClientsInOnlyBehindThePointOfNoReturn) {
  for (const auto* kind : {"major-single", "major-cluster"}) {
    bool passed = false;
    for (const auto& step : find_runbook(kind)->steps) {
      passed = passed || step.row.point_of_no_return;
      if (step.row.name == "resume" || step.row.name == "rebuild") {
        EXPECT_TRUE(passed) << kind << " " << step.row.name;
      }
    }
    EXPECT_TRUE(passed) << kind;
  }
}

// What is kept of an old version is a standby's as soon as the primary's files are shared.
TEST(MajorUpgrade, OfAClusterCanBeRevertedInEveryTransferMode) {
  model::Kept kept{.transfer = model::Transfer::link};
  EXPECT_FALSE(model::allows_revert(kept));
  kept.standbys.push_back({"shop_2", "data"});
  EXPECT_TRUE(model::allows_revert(kept));
}

Json digests_of(const std::string& digest, const std::string& sequence = "5") {
  return {{"whole", false},
          {"objects", {{{"database", "shop"}, {"kind", "tables"}, {"value", "1 x"}}}},
          {"tables", {{{"database", "shop"}, {"table", "public.t"}, {"rows", 3}, {"digest", digest}}}},
          {"sequences", {{{"database", "shop"}, {"sequence", "public.s"}, {"value", sequence}}}}};
}

TEST(Digests, ThatAreTheSameAreEqual) {
  const auto result = compare_digests(digests_of("1"), digests_of("1"));
  EXPECT_TRUE(result["equal"].get<bool>());
  EXPECT_EQ(result["rows_read"], 3);
}

TEST(Digests, NameTheTableAndTheSequenceThatDiffer) {
  const auto result = compare_digests(digests_of("1"), digests_of("2", "6"));
  EXPECT_FALSE(result["equal"].get<bool>());
  EXPECT_EQ(result["different"].size(), 2U);
}

TEST(Digests, OfATableThatIsGoneDiffer) {
  auto after = digests_of("1");
  after["tables"] = Json::array();
  EXPECT_FALSE(compare_digests(digests_of("1"), after)["equal"].get<bool>());
}

TEST(Failover, TellsWhatTheOldPrimaryHadAlone) {
  using base::Lsn;
  EXPECT_EQ(possibly_lost({.method = "followed"}, "0/100", "0/200"), Json{});
  const auto unknown = possibly_lost({}, "0/100", "0/200");
  EXPECT_EQ(unknown["from_lsn"], "0/100");
  EXPECT_EQ(unknown["to_lsn"], Json{});
  EXPECT_EQ(unknown["last_seen_lsn"], "0/200");
  const auto known = possibly_lost({.method = "rewound", .tail = api::LogTail{Lsn{0x100}, Lsn{0x180}, 3}}, "0/100", "");
  EXPECT_EQ(known["to_lsn"], "0/180");
  EXPECT_EQ(known["commits"], 3);
}

TEST(MinorUpgrade, SaysWhatTheUserWasPromised) {
  std::vector<std::string_view> waiting;
  for (const auto& step : find_runbook("minor-single")->steps) {
    EXPECT_NE(step.row.impact, model::Impact::down) << step.row.name;
    if (step.row.impact == model::Impact::stall) waiting.push_back(step.row.name);
  }
  EXPECT_EQ(waiting, (std::vector<std::string_view>{"hold", "stop", "restart", "reach", "resume"}));
}

}  // namespace
}  // namespace pgbaton::runbooks
