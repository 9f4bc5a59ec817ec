#include <gmock/gmock.h>

#include "catalog/test_data.hpp"
#include "preflight/check.hpp"
#include "preflight/table.hpp"

namespace pgbaton::preflight {
namespace {

using catalog::engine;
using catalog::id_of;
using model::EngineState;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const model::CollationVersions kBookworm{"2.36", "72.1"};
const model::CollationVersions kTrixie{"2.41", "76.1"};

Row row(base::Json columns, std::string database = "shop") { return {std::move(database), std::move(columns)}; }

/// An upgrade from 17.11 to 17.12 where every query was answered with no rows and nothing is wrong.
Inputs fine() {
  Inputs inputs{.from = id_of("17.11-deb13u1"),
                .from_collation = kBookworm,
                .to = id_of("17.12-deb13u1"),
                .target = engine("17.12-deb13u1", EngineState::available, kBookworm),
                .disk_free = base::Bytes{10LL << 30},
                .hazards = catalog::applicable(catalog::real_catalog().hazards, {17, 11}, {17, 12})};
  for (const auto& query : queries(inputs.hazards)) inputs.rows[query.id] = {};
  inputs.target->manifest->extensions = {{"plpgsql", "1.0"}, {"pg_trgm", "1.6"}};
  return inputs;
}

std::vector<std::string> summary(const Report& report) {
  std::vector<std::string> lines;
  for (const auto& finding : report.findings)
    lines.push_back(fmt::format("{} {}", to_string(finding.severity), finding.check));
  return lines;
}

TEST(Preflight, FindsNothingWhereNothingIsWrong) {
  const auto report = judge(fine());
  EXPECT_THAT(summary(report), IsEmpty());
  EXPECT_EQ(report.worst, std::nullopt);
  EXPECT_FALSE(report.stops());
  EXPECT_THAT(report.checks, SizeIs(checks().size()));
}

struct Case {
  const char* what;
  void (*change)(Inputs&);
  std::vector<std::string> found;
  const char* text;
  const char* remedy;
};

const std::vector<Case> kCases{
    {"an unknown target", [](Inputs& in) { in.target.reset(); }, {"stop target"}, "is not known here", "engines list"},
    {"a target that is not installed",
     [](Inputs& in) { in.target->manifest.reset(); },
     {"stop target"},
     "not installed",
     "engines install 17.12-deb13u1"},
    {"a target that is not released",
     [](Inputs& in) { in.target->state = EngineState::qualified; },
     {"stop target"},
     "not released",
     "engines release"},
    {"a withdrawn target",
     [](Inputs& in) { in.target->state = EngineState::withdrawn; },
     {"stop target"},
     "withdrawn",
     ""},
    {"a downgrade", [](Inputs& in) { in.to = id_of("17.10-deb13u1"); }, {"stop target"}, "is not newer", ""},
    {"little room",
     [](Inputs& in) { in.disk_free = base::Bytes{255LL << 20}; },
     {"stop disk"},
     "255 MB are free",
     "Free disk"},
    {"an unknown disk", [](Inputs& in) { in.disk_free.reset(); }, {"stop disk"}, "not known", "Free disk"},
    {"an extension that the target lacks",
     [](Inputs& in) { in.rows["extensions"] = {row({{"name", "vector"}, {"version", "0.8.0"}})}; },
     {"stop extensions"},
     "vector is in use and engine 17.12-deb13u1 does not have it",
     "DROP EXTENSION vector"},
    {"an extension that will be updated",
     [](Inputs& in) { in.rows["extensions"] = {row({{"name", "pg_trgm"}, {"version", "1.5"}})}; },
     {"know extensions"},
     "updated from 1.5 to 1.6",
     ""},
    {"an extension that the target has in an older version",
     [](Inputs& in) { in.rows["extensions"] = {row({{"name", "pg_trgm"}, {"version", "1.10"}})}; },
     {"act extensions"},
     "older 1.6",
     "newer one"},
    {"a prepared transaction",
     [](Inputs& in) { in.rows["prepared-transactions"] = {row({{"name", "g1"}, {"database", "shop"}}, "")}; },
     {"know prepared-transactions"},
     "survives the restart",
     "COMMIT PREPARED"},
    {"a long transaction",
     [](Inputs& in) { in.rows["transactions"] = {row({{"pid", "7"}, {"role", "app"}, {"seconds", "99"}}, "")}; },
     {"know transactions"},
     "of app has been open for 99 s",
     "Wait"},
    {"a half dropped database",
     [](Inputs& in) { in.rows["invalid-databases"] = {row({{"name", "old \"one"}}, "")}; },
     {"act invalid-databases"},
     "interrupted",
     "DROP DATABASE \"old \"\"one\""},
    {"a query that failed",
     [](Inputs& in) {
       in.rows.erase("extensions");
       in.errors["extensions"] = "permission denied";
     },
     {"stop extensions"},
     "could not be checked: permission denied",
     "Mend"},
    {"a query that nobody asked",
     [](Inputs& in) { in.rows.erase("transactions"); },
     {"know transactions"},
     "nobody asked",
     "Mend"},
};

TEST(Preflight, FindsWhatIsWrong) {
  for (const auto& [what, change, found, text, remedy] : kCases) {
    auto inputs = fine();
    change(inputs);
    const auto report = judge(inputs);
    EXPECT_EQ(summary(report), found) << what;
    ASSERT_FALSE(report.findings.empty()) << what;
    EXPECT_THAT(report.findings[0].text, HasSubstr(text)) << what;
    EXPECT_THAT(report.findings[0].remedy, HasSubstr(remedy)) << what;
  }
}

TEST(Preflight, CollectsEveryFindingTheWorstFirst) {
  auto inputs = fine();
  for (const auto& one : {3, 5, 8, 10, 12}) kCases[one].change(inputs);
  const auto report = judge(inputs);
  EXPECT_THAT(summary(report), ElementsAre("stop target", "stop disk", "act invalid-databases", "know extensions",
                                           "know prepared-transactions"));
  EXPECT_TRUE(report.stops());
}

base::Json index(const char* name, const char* provider, const char* locale, const char* exclusion = "f") {
  return {{"schema", "public"}, {"name", name},    {"provider", provider},
          {"locale", locale},   {"kind", "index"}, {"exclusion", exclusion}};
}

struct CollationCase {
  const char* what;
  model::CollationVersions from;
  model::CollationVersions to;
  std::vector<std::string> affected;
};

TEST(Collations, OnlyTheIndexesThatUseTheChangedLibraryAreListed) {
  const std::vector<Row> rows{row(index("by_libc", "c", "en_US.UTF-8")), row(index("by_icu", "i", "de")),
                              row(index("by_code_point", "c", "C.UTF-8"))};
  const std::vector<CollationCase> cases{
      {"nothing", kBookworm, kBookworm, {}},
      {"both", kBookworm, kTrixie, {"\"public\".\"by_libc\"", "\"public\".\"by_icu\""}},
      {"libc", {"2.36", "72.1"}, {"2.41", "72.1"}, {"\"public\".\"by_libc\""}},
      {"ICU", {"2.36", "72.1"}, {"2.36", "76.1"}, {"\"public\".\"by_icu\""}},
      {"an old libc", {"2.31", "72.1"}, {"2.36", "72.1"}, {"\"public\".\"by_libc\"", "\"public\".\"by_code_point\""}},
  };
  for (const auto& [what, from, to, affected] : cases) {
    auto inputs = fine();
    inputs.from_collation = from;
    inputs.target->manifest->collation = to;
    inputs.rows["collations"] = rows;
    const auto report = judge(inputs);
    EXPECT_EQ(report.findings.empty() ? std::vector<std::string>{} : report.findings[0].objects, affected) << what;
    EXPECT_EQ(report.worst, affected.empty() ? std::nullopt : std::optional{Severity::act}) << what;
  }
}

TEST(Collations, EachDatabaseHasItsStatementsAndAnExclusionConstraintIsRebuiltWithoutConcurrently) {
  auto inputs = fine();
  inputs.target->manifest->collation = kTrixie;
  inputs.rows["collations"] = {row(index("a", "i", "de")), row(index("a", "c", "en_US.UTF-8")),
                               row(index("b", "i", "de", "t")), row(index("c", "i", "de"), "other")};
  const auto report = judge(inputs);
  ASSERT_THAT(report.findings, SizeIs(2));
  EXPECT_EQ(report.findings[0].database, "other");
  EXPECT_EQ(report.findings[1].database, "shop");
  EXPECT_THAT(report.findings[1].statements, ElementsAre("REINDEX INDEX CONCURRENTLY \"public\".\"a\""));
  EXPECT_THAT(report.findings[1].by_hand, ElementsAre("REINDEX INDEX \"public\".\"b\""));
  EXPECT_THAT(report.findings[1].text, HasSubstr("libc 2.36 becomes 2.41, ICU 72.1 becomes 76.1"));
}

TEST(Collations, PartitionsByTextCannotBeReindexedRight) {
  auto inputs = fine();
  inputs.target->manifest->collation = kTrixie;
  auto partitions = index("by_name", "i", "de");
  partitions["kind"] = "partitions";
  inputs.rows["collations"] = {row(partitions)};
  const auto report = judge(inputs);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report.findings[0].text, HasSubstr("wrong partition"));
  EXPECT_THAT(report.findings[0].statements, IsEmpty());
}

TEST(Collations, AChangeThatNothingDependsOnIsOnlyToBeKnown) {
  auto inputs = fine();
  inputs.target->manifest->collation = kTrixie;
  const auto report = judge(inputs);
  EXPECT_THAT(summary(report), ElementsAre("know collations"));
  EXPECT_THAT(report.findings[0].text, HasSubstr("nothing here depends on it"));
}

TEST(Hazards, TellDamageFromSuspicionAndBringTheirStatements) {
  auto inputs = fine();
  const base::Json object{
      {"schema", "public"}, {"name", "t_b"}, {"what", "btree index of public.t"}, {"action", nullptr}};
  inputs.rows["hazard:bpchar-deduplication"] = {row(object)};
  inputs.rows["hazard:gin-vacuum-leaves-entries"] = {row(object), row(object, "other")};
  const auto report = judge(inputs);
  EXPECT_THAT(summary(report), ElementsAre("act bpchar-deduplication", "know gin-vacuum-leaves-entries",
                                           "know gin-vacuum-leaves-entries"));
  EXPECT_THAT(report.findings[0].statements, ElementsAre("REINDEX INDEX CONCURRENTLY \"public\".\"t_b\""));
  EXPECT_THAT(report.findings[0].objects, ElementsAre("\"public\".\"t_b\" (btree index of public.t)"));
}

TEST(Hazards, OnlyWhatIsNeededAndDoesNotLockIsLeftToTheMachine) {
  auto inputs = fine();
  inputs.hazards = catalog::applicable(catalog::real_catalog().hazards, {17, 0}, {17, 12});
  for (const auto& query : queries(inputs.hazards)) inputs.rows[query.id];
  const base::Json sure{{"schema", "public"}, {"name", "a"}, {"what", "w"}, {"action", nullptr}};
  const base::Json own{
      {"schema", "public"}, {"name", "b"}, {"what", "w"}, {"action", "ALTER TABLE b DROP CONSTRAINT c"}};
  inputs.rows["hazard:brin-minmax-multi-numeric"] = {row(sure)};
  inputs.rows["hazard:foreign-key-after-detach"] = {row(own)};
  inputs.rows["hazard:gist-trgm-format"] = {row(own)};
  inputs.rows["hazard:toast-index-state"] = {row(sure)};
  for (const auto& finding : judge(inputs).findings)
    if (finding.check == "brin-minmax-multi-numeric") {
      EXPECT_THAT(finding.statements, SizeIs(1));
      EXPECT_THAT(finding.by_hand, IsEmpty());
    } else {
      EXPECT_THAT(finding.statements, IsEmpty()) << finding.check;
      EXPECT_THAT(finding.by_hand, SizeIs(1)) << finding.check;
    }
}

TEST(Hazards, AnIndexThatIsNamedTwiceIsRebuiltOnce) {
  auto inputs = fine();
  inputs.target->manifest->collation = kTrixie;
  inputs.rows["collations"] = {row(index("t_b", "i", "de")), row(index("t_b", "i", "de"), "other")};
  inputs.rows["hazard:bpchar-deduplication"] = {
      row({{"schema", "public"}, {"name", "t_b"}, {"what", "btree index"}, {"action", nullptr}})};
  std::vector<std::string> statements;
  const auto report = judge(inputs);
  for (const auto& finding : report.findings)
    for (const auto& statement : finding.statements) statements.push_back(finding.database + ": " + statement);
  EXPECT_THAT(statements, testing::UnorderedElementsAre("shop: REINDEX INDEX CONCURRENTLY \"public\".\"t_b\"",
                                                        "other: REINDEX INDEX CONCURRENTLY \"public\".\"t_b\""));
}

TEST(Hazards, WhatOneDatabaseSaidCountsWhenAnotherFailed) {
  auto inputs = fine();
  inputs.rows["extensions"] = {row({{"name", "vector"}, {"version", "0.8.0"}})};
  inputs.errors["extensions"] = "database \"other\": too many connections";
  EXPECT_THAT(summary(judge(inputs)), ElementsAre("stop extensions", "stop extensions"));
}

TEST(Hazards, ASlotWhosePluginWillBeRefusedNeedsASettingBeforeTheStart) {
  auto inputs = fine();
  inputs.from = id_of("17.10-deb13u1");
  inputs.to = id_of("17.11-deb13u1");
  inputs.hazards = catalog::applicable(catalog::real_catalog().hazards, {17, 10}, {17, 11});
  for (const auto& query : queries(inputs.hazards)) inputs.rows[query.id];
  inputs.rows["hazard:output-plugin-libraries"] = {
      row({{"schema", ""}, {"name", "cdc"}, {"what", "logical slot with the output plugin wal2json"}})};
  const auto report = judge(inputs);
  EXPECT_THAT(summary(report), ElementsAre("act output-plugin-libraries"));
  EXPECT_THAT(report.findings[0].objects, ElementsAre("\"cdc\" (logical slot with the output plugin wal2json)"));
  EXPECT_THAT(report.findings[0].statements, IsEmpty());
  EXPECT_THAT(report.findings[0].remedy, HasSubstr("output_plugin_libraries"));
  EXPECT_THAT(report.checks, Contains(testing::AllOf(testing::Field(&Outcome::id, "settings"),
                                                     testing::Field(&Outcome::worst, Severity::act))));
}

TEST(Queries, NameEachCheckAndEachHazardOnce) {
  const auto asked = queries(catalog::real_catalog().hazards);
  std::vector<std::string> ids;
  for (const auto& query : asked) {
    EXPECT_THAT(ids, Not(Contains(query.id)));
    EXPECT_FALSE(query.sql.empty()) << query.id;
    EXPECT_NE(query.scope, Scope::none) << query.id;
    ids.push_back(query.id);
  }
  EXPECT_THAT(ids, Contains("collations"));
  EXPECT_THAT(ids, Contains("hazard:bpchar-deduplication"));
}

TEST(Report, SurvivesJson) {
  auto inputs = fine();
  kCases[6].change(inputs);
  const auto report = judge(inputs);
  const auto copy = base::from_json_text<Report>(base::Json(report).dump());
  ASSERT_TRUE(copy);
  EXPECT_EQ(base::Json(*copy), base::Json(report));
  EXPECT_TRUE(copy->stops());
}

// An upgrade from 15 to 17 where every query was answered with no rows and nothing is wrong.
Inputs fine_major() {
  auto inputs = fine();
  inputs.from = id_of("15.20-deb12u1");
  inputs.hazards = {};
  inputs.majors = {{.id = "reg-columns",
                    .title = "No numbers",
                    .severity = "stop",
                    .scope = "database",
                    .sql = "SELECT 1",
                    .text = "Bad",
                    .remedy = "Drop"}};
  inputs.rows = {};
  for (const auto& query : queries(inputs.hazards, inputs.majors)) inputs.rows[query.id] = {};
  inputs.rehearsed = std::vector<Finding>{};
  return inputs;
}

TEST(MajorPreflight, IsCleanWhenNothingIsFound) { EXPECT_THAT(judge(fine_major()).findings, IsEmpty()); }

TEST(MajorPreflight, NamesEveryObjectOfACheckInOneFindingOfItsDatabase) {
  auto inputs = fine_major();
  inputs.rows["major:reg-columns"] = {row({{"name", "a.b"}, {"what", "regproc"}}), row({{"name", "c.d"}})};
  const auto report = judge(inputs);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_TRUE(report.stops());
  EXPECT_THAT(report.findings[0].objects, ElementsAre("a.b (regproc)", "c.d"));
}

TEST(MajorPreflight, WhatCouldNotBeAskedIsAsBadAsWhatItLooksFor) {
  auto inputs = fine_major();
  inputs.rows.erase("major:reg-columns");
  inputs.errors["major:reg-columns"] = "shop: permission denied";
  EXPECT_TRUE(judge(inputs).stops());
}

TEST(MajorPreflight, WhatTheRehearsalFoundStops) {
  auto inputs = fine_major();
  inputs.rehearsed = {{.check = "rehearsal", .severity = Severity::stop, .text = "VIEW busy fails."}};
  EXPECT_TRUE(judge(inputs).stops());
  inputs.rehearsed.reset();
  EXPECT_THAT(judge(inputs).findings, SizeIs(2));
  EXPECT_FALSE(judge(inputs).stops());
}

TEST(MajorPreflight, WhatPgUpgradeComplainsAboutIsItsOwnCheck) {
  auto inputs = fine_major();
  inputs.rehearsed = {{.check = "pg-upgrade", .severity = Severity::stop, .text = "It refuses."}};
  const auto report = judge(inputs);
  EXPECT_TRUE(report.stops());
  for (const auto& check : report.checks) EXPECT_EQ(check.worst.has_value(), check.id == "pg-upgrade") << check.id;
  inputs.only = "rehearsal";
  EXPECT_THAT(judge(inputs).findings, IsEmpty());
}

TEST(MajorPreflight, OneCheckIsJudgedAlone) {
  auto inputs = fine_major();
  inputs.disk_free.reset();
  inputs.rows["major:reg-columns"] = {row({{"name", "a.b"}, {"what", "regproc"}})};
  for (const auto* id : {"reg-columns", "disk", "rehearsal", "pg-upgrade"}) {
    inputs.only = id;
    const auto report = judge(inputs);
    ASSERT_THAT(report.checks, SizeIs(1)) << id;
    EXPECT_EQ(report.checks[0].id, id);
    for (const auto& finding : report.findings) EXPECT_EQ(finding.check, id);
  }
  const auto asked = queries({}, inputs.majors, "reg-columns");
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].id, "major:reg-columns");
}

TEST(MajorPreflight, AnUnknownCheckIsRefusedWithTheListAndAStrangeOneWithItsReason) {
  const auto facts = catalog::real_catalog().majors;
  auto inputs = fine_major();
  EXPECT_TRUE(check_only(inputs, facts));
  for (const auto& check : described(facts)) {
    inputs.only = check.id;
    const auto checked = check_only(inputs, facts);
    EXPECT_TRUE(checked || checked.error().code == base::Code::refused) << check.id;
    const bool is_for_all = check.upgrades == "every upgrade" || check.upgrades == "every major";
    EXPECT_TRUE(checked || !is_for_all) << check.id;
  }
  inputs.only = "regcolumns";
  const auto unknown = check_only(inputs, facts);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, base::Code::invalid_argument);
  for (const auto& check : described(facts)) EXPECT_THAT(unknown.error().remedy, HasSubstr(check.id));
}

}  // namespace
}  // namespace pgbaton::preflight
