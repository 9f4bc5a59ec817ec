#include "catalog/hazard.hpp"

#include <gmock/gmock.h>

#include "catalog/test_data.hpp"

namespace pgbaton::catalog {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> ids(std::string_view from, std::string_view to) {
  std::vector<std::string> found;
  for (const auto& hazard : applicable(real_catalog().hazards, *model::parse_version(from), *model::parse_version(to)))
    found.push_back(hazard.id);
  return found;
}

TEST(Hazards, ApplyWhenTheFixLiesAfterTheOldVersionAndNotAfterTheNew) {
  EXPECT_THAT(ids("17.11", "17.12"), Contains("bpchar-deduplication"));
  EXPECT_THAT(ids("17.10", "17.11"), Not(Contains("bpchar-deduplication")));
  EXPECT_THAT(ids("17.12", "17.12"), IsEmpty());
  EXPECT_THAT(ids("13.16", "13.23"), Contains("foreign-key-after-detach"));
  EXPECT_THAT(ids("13.17", "13.23"), Not(Contains("foreign-key-after-detach")));
  EXPECT_THAT(ids("14.3", "14.5"), Contains("concurrently-misses-updates"));
}

TEST(Hazards, DamageCrossesAMajorWhenTheOldMinorLackedTheFix) {
  EXPECT_THAT(ids("15.18", "17.12"), Contains("bpchar-deduplication"));
  EXPECT_THAT(ids("15.20", "17.12"), Not(Contains("bpchar-deduplication")));
  // 14.4 repaired a fault of 14 alone: data of 14.3 takes it to 15, data of 13 never had it.
  EXPECT_THAT(ids("14.3", "15.0"), Contains("concurrently-misses-updates"));
  EXPECT_THAT(ids("13.23", "14.5"), Not(Contains("concurrently-misses-updates")));
}

TEST(Hazards, FragmentsArePutIntoTheSql) {
  for (const auto& hazard : real_catalog().hazards) {
    EXPECT_THAT(hazard.applies_if, Not(testing::ContainsRegex("\\{[a-z_]+\\}"))) << hazard.id;
    EXPECT_THAT(hazard.applies_if, HasSubstr("AS what")) << hazard.id;
    EXPECT_THAT(hazard.applies_if, Not(HasSubstr(";"))) << hazard.id;
  }
}

TEST(Hazards, TextsAreSentences) {
  for (const auto& hazard : real_catalog().hazards) {
    EXPECT_TRUE(hazard.text.ends_with('.')) << hazard.id;
    EXPECT_FALSE(hazard.title.ends_with('.')) << hazard.id;
    EXPECT_TRUE(is_statement(hazard) || hazard.action.ends_with('.')) << hazard.id;
  }
}

TEST(Hazards, NamesInStatementsAreQuoted) {
  const Hazard hazard{.kind = HazardKind::reindex, .action = "REINDEX INDEX CONCURRENTLY {object}"};
  EXPECT_EQ(action_for(hazard, {"public", "my \"index", "", ""}),
            R"(REINDEX INDEX CONCURRENTLY "public"."my ""index")");
  EXPECT_EQ(action_for(hazard, {"public", "x", "", "REINDEX INDEX public.x"}), "REINDEX INDEX public.x");
}

constexpr std::string_view kRow = R"([[hazard]]
id = "a"
fixed_in = ["17.1"]
title = "T"
kind = "reindex"
finds = "affected"
online = true
applies_if = "SELECT {x}"
action = "REINDEX INDEX {object}"
text = "T."
)";

std::string row_with(std::string_view line, std::string_view instead) {
  std::string row{kRow};
  return row.replace(row.find(line), line.size(), instead);
}

TEST(Hazards, ErrorsNameTheLine) {
  const auto fragments = std::string{"[fragments]\nx = \"1\"\n"};
  ASSERT_TRUE(parse_hazards(fragments + std::string{kRow}));
  const std::vector<std::pair<std::string, std::string>> wrong{
      {std::string{kRow}, "line 8: there is no fragment \"x\""},
      {row_with("kind = \"reindex\"", "kind = \"magic\""), "\"magic\" is no kind"},
      {row_with("title = \"T\"\n", ""), "line 1: the key \"title\" is missing"},
      {row_with("online = true", "online = 1"), "line 7: \"online\" must be true or false"},
      {row_with("[\"17.1\"]", "[\"17.1\", \"17.2\"]"), "line 3: PostgreSQL 17 is named twice"},
      {row_with("[\"17.1\"]", "[\"17\"]"), "line 3: \"17\" names no minor version"},
      {row_with("{object}", "it"), "{object} belongs into"},
      {"[fragments]\nx = \"{y}\"\ny = \"{x}\"\n" + std::string{kRow}, "contain each other"},
      {fragments + std::string{kRow} + std::string{kRow}, "line 13: there are two hazards \"a\""},
  };
  for (const auto& [toml, says] : wrong) {
    const auto own = toml.find("{y}") == std::string::npos && says.find("fragment") == std::string::npos;
    const auto hazards = parse_hazards(own && !toml.starts_with("[frag") ? toml + fragments : toml);
    ASSERT_FALSE(hazards) << toml;
    EXPECT_THAT(hazards.error().message, HasSubstr(says));
  }
}

}  // namespace
}  // namespace pgbaton::catalog
