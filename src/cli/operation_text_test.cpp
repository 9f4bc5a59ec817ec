#include "cli/operation_text.hpp"

#include <gmock/gmock.h>

#include "cli/database_text.hpp"
#include "cli/engine_text.hpp"
#include "cli/operation_commands.hpp"
#include "cli/progress_view.hpp"
#include "cli/report.hpp"
#include "cli/test_console.hpp"
#include "cli/text_layout.hpp"
#include "cli/upgrade_text.hpp"

namespace pgbaton::cli {
namespace {

using base::Json;
using model::OperationState;
using model::StepState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// As the API shows it: null where there is nothing.
Json upgrade() {
  return Json::parse(R"({"id": "m1abc", "database": "shop", "kind": "minor-single", "state": "running",
    "from": "17.11", "to": "17.12", "ended_at": null, "error": null, "stall": null, "certificate": null,
    "created_at": "2026-11-22T17:00:00.000Z",
    "steps": [
      {"name": "check", "text": "It is checked.", "impact": "none", "state": "finished", "estimate_ms": 400, "actual_ms": 120},
      {"name": "stop", "text": "The instance is stopped.", "impact": "down", "state": "running", "estimate_ms": 2000,
       "actual_ms": null, "started_at": "2026-11-22T17:00:01.000Z"},
      {"name": "restart", "text": "The instance is restarted.", "impact": "down", "state": "pending", "estimate_ms": 300,
       "actual_ms": null}]})");
}

Followed followed(const Json& operation, const Json& progress = nullptr) {
  Followed result{.label = "shop"};
  apply(result, {{"operation", operation}, {"events", Json::array()}, {"progress", progress}});
  return result;
}

base::WallTime at(const char* time) { return *base::parse_rfc3339(time); }

TEST(ReadOperation, NullIsNothingAndAnUnknownStateIsAnError) {
  const auto operation = read_operation(upgrade());
  ASSERT_TRUE(operation) << operation.error().message;
  EXPECT_EQ(title(*operation), "minor-upgrade of shop from 17.11 to 17.12");
  auto odd = upgrade();
  odd["state"] = "flying";
  EXPECT_FALSE(read_operation(odd));
}

TEST(Title, NamesTheEngineWhereThereIsNoDatabase) {
  EXPECT_EQ(title({.kind = "install-engine", .to = "17.12-deb13u1"}), "installation of 17.12-deb13u1");
  EXPECT_EQ(title({.database = "shop", .kind = "create-single", .to = "17.12"}),
            "creation of shop with PostgreSQL 17.12");
  EXPECT_EQ(title({.database = "shop", .kind = "some-day"}), "some-day of shop");
}

TEST(ExitStatus, IsThatOfTheDesign) {
  EXPECT_EQ(exit_status(OperationState::finished), 0);
  EXPECT_EQ(exit_status(OperationState::user_error), 4);
  EXPECT_EQ(exit_status(OperationState::error), 5);
  EXPECT_EQ(exit_status(OperationState::cancelled), 5);
}

TEST(Failure, SaysWhatHappenedWhatIsInServiceAndWhatToDo) {
  auto operation = *read_operation(upgrade());
  operation.state = OperationState::error;
  operation.error =
      model::Failure{"failed", "17.12 does not start", "PostgreSQL 17.11 is in service on port 6001.", "Look."};
  TestConsole test;
  test.console.print(failure(operation));
  EXPECT_EQ(test.err.str(),
            "pgbaton: the minor-upgrade of shop from 17.11 to 17.12 failed: 17.12 does not start\n"
            "  PostgreSQL 17.11 is in service on port 6001.\n"
            "  Look.\n");
}

TEST(Outage, IsMeasuredOrElseTheStepsWithoutService) {
  auto operation = *read_operation(upgrade());
  EXPECT_FALSE(outage(operation));
  operation.steps[1].actual_ms = 250;
  operation.steps[2].actual_ms = 300;
  EXPECT_EQ(outage(operation), base::Millis{550});
  operation.stall = model::Stall{.max_ms = 480};
  EXPECT_EQ(outage(operation), base::Millis{480});
}

TEST(ReportEnd, JsonGoesToStandardOutputAndTheFailureToStandardError) {
  auto json = upgrade();
  json["state"] = "user-error";
  json["error"] = {{"code", "refused"}, {"message", "no"}, {"in_service", ""}, {"remedy", "do"}};
  TestConsole test;
  test.console.json = true;
  const Environment environment;
  const Daemons daemons;
  const auto status = report_end(json, {}, {test.console, environment, daemons});
  EXPECT_EQ(status, 4);
  EXPECT_EQ(Json::parse(test.out.str()), json);
  EXPECT_EQ(Json::parse(test.err.str())["error"]["code"], "refused");
}

TEST(StepLines, ShowWhatIsDoneWhatRunsForHowLongAndWhatIsLeft) {
  TestConsole test;
  EXPECT_THAT(step_lines(followed(upgrade()), at("2026-11-22T17:00:02.500Z"), test.console),
              ElementsAre("Minor-upgrade of shop from 17.11 to 17.12 (operation m1abc; Ctrl-C leaves it running)",
                          "  done   It is checked.              120 ms",              //
                          "  now    The instance is stopped.    1 s of about 2.0 s",  //
                          "         The instance is restarted.  about 300 ms"));
}

TEST(StepLines, AStepThatSaysHowFarItIsGetsABar) {
  TestConsole test;
  const auto lines = step_lines(followed(upgrade(), {{"phase", "writing"}, {"fraction", 0.5}}),
                                at("2026-11-22T17:00:02Z"), test.console);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[3], "         [############------------]  50 %  writing");
}

TEST(Bar, FillsFromNothingToAll) {
  EXPECT_EQ(bar(0, 4), "[----]");
  EXPECT_EQ(bar(0.5, 4), "[##--]");
  EXPECT_EQ(bar(7, 4), "[####]");
  EXPECT_EQ(bar(-1, 4), "[----]");
}

TEST(News, IsOneLinePerStepThatChangesAndNothingWhenNothingDoes) {
  const auto before = followed(upgrade());
  auto json = upgrade();
  json["steps"][1]["state"] = "finished";
  json["steps"][1]["actual_ms"] = 300;
  json["steps"][2]["state"] = "running";
  const auto after = followed(json);
  EXPECT_THAT(news({}, before), ElementsAre("shop: step 1 of 3 finished in 120 ms: It is checked.",
                                            "shop: step 2 of 3 started: The instance is stopped."));
  EXPECT_THAT(news(before, after), ElementsAre("shop: step 2 of 3 finished in 300 ms: The instance is stopped.",
                                               "shop: step 3 of 3 started: The instance is restarted."));
  EXPECT_THAT(news(after, after), IsEmpty());
}

TEST(News, ARemarkThatAStreamRepeatsIsSaidOnce) {
  Followed line{.label = "shop"};
  const Json update{
      {"operation", upgrade()},
      {"events", {{{"kind", "note"}, {"message", "17.11 is back."}}, {{"kind", "state"}, {"message", "x"}}}}};
  apply(line, update);
  apply(line, update);
  EXPECT_THAT(line.remarks, ElementsAre("17.11 is back."));
}

TEST(ProgressView, PaintsOverItsOwnLinesOnATerminal) {
  TestConsole test;
  test.console.err_terminal = true;
  test.console.colours = false;
  test.console.width = 40;
  ProgressView view{ProgressView::Shape::steps, test.console};
  view.show({followed(upgrade())}, at("2026-11-22T17:00:02Z"));
  const auto first = test.err.str();
  EXPECT_THAT(first, Not(HasSubstr("\x1b[4A")));
  view.show({followed(upgrade())}, at("2026-11-22T17:00:02.5Z"));
  EXPECT_EQ(test.err.str(), first) << "nothing changed, nothing is painted";
  view.show({followed(upgrade())}, at("2026-11-22T17:00:05Z"));
  EXPECT_THAT(test.err.str().substr(first.size()), HasSubstr("\x1b[4A"));
  std::istringstream lines{first};
  for (std::string line; std::getline(lines, line);) EXPECT_LT(display_width(line), 40U) << line;
}

TEST(ProgressView, SaysNothingToScriptsThatAskedForJson) {
  TestConsole test;
  test.console.json = true;
  ProgressView view{ProgressView::Shape::steps, test.console};
  view.show({followed(upgrade())}, at("2026-11-22T17:00:02Z"));
  EXPECT_EQ(test.err.str(), "");
}

TEST(OperationTable, ShowsOperationsThatRunAndThoseThatEnded) {
  TestConsole test;
  auto ended = upgrade();
  ended["state"] = "finished";
  ended["ended_at"] = "2026-11-22T17:00:02.500Z";
  EXPECT_EQ(operation_table({{"operations", {upgrade(), ended}}}, test.console),
            "ID     WHAT           DATABASE  VERSION        STATE     STARTED               TOOK\n"
            "m1abc  minor-upgrade  shop      17.11 → 17.12  running   2026-11-22 17:00:00\n"
            "m1abc  minor-upgrade  shop      17.11 → 17.12  finished  2026-11-22 17:00:00  2.5 s\n");
}

TEST(UpgradePlan, ShowsStepsImpactRangeAndFindings) {
  TestConsole test;
  auto plan = upgrade();
  plan["text"] = "The database is upgraded.";
  plan["steps"][2]["point_of_no_return"] = true;
  plan["estimate"] = {{"total_ms", {1000, 8000}}, {"outage_ms", {500, 500}}, {"learnt", true}};
  plan["preflight"] = Json::parse(R"({"verdict": "act", "findings": [{"check": "collation", "severity": "act",
    "database": "shop", "text": "Its order changes.", "objects": ["a", "b"], "remedy": "REINDEX them."}]})");
  EXPECT_EQ(upgrade_plan_text(plan, test.console),
            "Minor-upgrade of shop from 17.11 to 17.12\n"
            "\n"
            "The database is upgraded.\n"
            "\n"
            "   CLIENTS       TIME  WHAT\n"
            "1  served      400 ms  It is checked.\n"
            "2  not served   2.0 s  The instance is stopped.\n"
            "3  not served  300 ms  The instance is restarted. (from here on only forward)\n"
            "\n"
            "Expected: 1.0 s to 8.0 s in all; clients wait 0.5 s (learnt from earlier ones on this machine).\n"
            "\n"
            "Preflight: act: it can be done; something asks for your action.\n"
            "  act   shop: Its order changes.\n"
            "        a, b\n"
            "        → REINDEX them.\n");
}

TEST(Offers, SayWhatIsNextHowAndWhyNotTheOthers) {
  TestConsole test;
  const auto answer = Json::parse(R"({"current": {"version": "15.18", "build": "deb12u1"},
    "offers": [{"version": "15.20", "build": "deb12u2", "kind": "minor", "direct": false, "text": "It is restarted.",
                "estimate": null, "notes": ["Read this."]}],
    "refused": [{"version": "13.23", "build": "x", "reason": "it is older", "remedy": ""}]})");
  EXPECT_EQ(offers_text("shop", answer, test.console),
            "shop runs PostgreSQL 15.18 (deb12u1). It can go to:\n"
            "\n"
            "  15.20 (deb12u2)  minor\n"
            "    It is restarted.\n"
            "    Note: Read this.\n"
            "    pgbaton upgrade shop --to 15.20\n"
            "\n"
            "Not offered:\n"
            "  13.23 (x)  it is older\n");
}

TEST(Views, AnswersWithNothingInThemAreSentencesNotEmptyTables) {
  TestConsole test;
  EXPECT_THAT(database_table(Json::parse(R"({"databases": []})"), test.console), HasSubstr("pgbaton create"));
  EXPECT_THAT(engine_table(Json::parse(R"({"engines": []})"), test.console), HasSubstr("pgbaton engines sync"));
  EXPECT_THAT(operation_table(Json::parse(R"({"operations": []})"), test.console), HasSubstr("no operations"));
}

TEST(Views, AnswersWithFieldsMissingOrNullAreShownAsFarAsTheyGo) {
  TestConsole test;
  const auto database = Json::parse(R"({"name": "shop", "state": "creating", "port": null, "nodes": [{"name": "shop-1",
    "lag_bytes": null}], "current_operation": null, "next_upgrade": null, "size_bytes": null})");
  EXPECT_THAT(describe_database(database, test.console), HasSubstr("shop-1"));
  EXPECT_THAT(database_table({{"databases", {database}}}, test.console), HasSubstr("creating"));
  EXPECT_NE(describe_database(Json::array(), test.console), "never throws");
  EXPECT_NE(offers_text("shop", nullptr, test.console), "");
  EXPECT_NE(upgrade_plan_text(nullptr, test.console), "");
}

}  // namespace
}  // namespace pgbaton::cli
