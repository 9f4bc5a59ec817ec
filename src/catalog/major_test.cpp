#include "catalog/major.hpp"

#include <gmock/gmock.h>

#include "catalog/test_data.hpp"

namespace pgbaton::catalog {
namespace {

using testing::HasSubstr;
using testing::Not;

const MajorFacts& real_facts() {
  static const MajorFacts kFacts = [] {
    auto facts = parse_major_facts(data_file("majors.toml"));
    EXPECT_TRUE(facts) << facts.error().message;
    return facts.value_or(MajorFacts{});
  }();
  return kFacts;
}

std::string sql_of(const std::string& id, int from, int to) {
  for (const auto& check : checks_for(real_facts(), from, to))
    if (check.id == id) return check.sql;
  return {};
}

TEST(MajorFacts, OfTheCatalogAreReadAndNamedOnce) { EXPECT_GT(real_facts().checks.size(), 20U); }

TEST(MajorFacts, WithAnUnknownKeyAreRefusedWithTheLine) {
  const auto facts = parse_major_facts("[[setting]]\nname = \"x\"\ngone_in = 14\nnwo = \"y\"\n");
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().message, HasSubstr("line 4"));
}

TEST(MajorChecks, AreNoneWithinOneMajor) { EXPECT_TRUE(checks_for(real_facts(), 17, 17).empty()); }

TEST(MajorChecks, AreThoseOfTheMajorsThatAreCrossed) {
  EXPECT_NE(sql_of("postfix-operators", 13, 15), "");
  EXPECT_EQ(sql_of("postfix-operators", 15, 17), "");
  EXPECT_NE(sql_of("aclitem", 15, 17), "");
  EXPECT_EQ(sql_of("logical-slots", 17, 18), "");
  EXPECT_NE(sql_of("logical-slots-invalid", 17, 18), "");
}

TEST(MajorChecks, ListTheSettingsAndColumnsThatGo) {
  EXPECT_THAT(sql_of("stored-settings", 15, 17), HasSubstr("'force_parallel_mode'"));
  EXPECT_THAT(sql_of("stored-settings", 17, 18), Not(HasSubstr("force_parallel_mode")));
  EXPECT_THAT(sql_of("system-views", 15, 17), HasSubstr("'pg_stat_bgwriter.buffers_backend'"));
  EXPECT_THAT(sql_of("stored-settings", 13, 14), Not(HasSubstr("{settings}")));
}

TEST(Configuration, IsTranslatedLineByLine) {
  EXPECT_EQ(translated_line(real_facts(), "work_mem = '8MB'", 15, 17), "work_mem = '8MB'");
  EXPECT_EQ(translated_line(real_facts(), "force_parallel_mode = 'on'", 15, 17), "debug_parallel_query = 'on'");
  EXPECT_THAT(translated_line(real_facts(), "old_snapshot_threshold = '1h'", 15, 17), testing::StartsWith("# gone"));
  EXPECT_EQ(translated_line(real_facts(), "old_snapshot_threshold = '1h'", 15, 16), "old_snapshot_threshold = '1h'");
  EXPECT_EQ(translated_line(real_facts(), "# old_snapshot_threshold = '1h'", 15, 17),
            "# old_snapshot_threshold = '1h'");
}

}  // namespace
}  // namespace pgbaton::catalog
