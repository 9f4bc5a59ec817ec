#include "catalog/release.hpp"

#include <gmock/gmock.h>

#include "catalog/test_data.hpp"

namespace pgbaton::catalog {
namespace {

using testing::HasSubstr;

std::string text_of(std::optional<Day> day) { return day ? base::to_rfc3339(*day).substr(0, 10) : "not known"; }

TEST(Releases, KnowDaysAndEndsOfLife) {
  const auto& releases = real_catalog().releases;
  EXPECT_EQ(text_of(release_day(releases, {17, 12})), "2026-11-12");
  EXPECT_EQ(text_of(release_day(releases, {15, 0})), "2022-10-13");
  EXPECT_EQ(find_major(releases, 13)->end_of_life, "2025-11-13");
  EXPECT_EQ(find_major(releases, 19)->end_of_life, "2031-11");
  EXPECT_EQ(text_of(find_major(releases, 19)->last_day), "2031-11-30");
  EXPECT_EQ(notes_link(releases, {17, 12}), "https://www.postgresql.org/docs/release/17.12/");
}

TEST(Releases, AVersionThatIsNotInTheListHasNoDayAndIsNoError) {
  const auto& releases = real_catalog().releases;
  EXPECT_EQ(release_day(releases, {17, 99}), std::nullopt);
  EXPECT_EQ(release_day(releases, {42, 1}), std::nullopt);
  EXPECT_EQ(find_major(releases, 42), nullptr);
  EXPECT_EQ(skip_reason(releases, {42, 1}), std::nullopt);
}

TEST(Releases, MinorsComeInTheOrderOfTheirDaysAndWithinTheLifeOfTheirMajor) {
  for (const auto& [number, major] : real_catalog().releases.majors) {
    Day before = major.released.value_or(Day{});
    for (const auto& [minor, day] : major.minors) {
      EXPECT_LT(before, day) << number << '.' << minor;
      before = day;
    }
    ASSERT_TRUE(major.last_day) << number;
    EXPECT_LE(before, *major.last_day) << number;
  }
}

TEST(Releases, SkippedMinorsSayWhy) {
  for (const auto& version :
       {"13.17", "14.14", "15.9", "16.5", "17.1", "14.21", "15.16", "16.12", "17.8", "18.2", "18.5"})
    EXPECT_NE(skip_reason(real_catalog().releases, *model::parse_version(version)), std::nullopt) << version;
  for (const auto& version : {"13.23", "15.20", "17.12", "18.6"})
    EXPECT_EQ(skip_reason(real_catalog().releases, *model::parse_version(version)), std::nullopt) << version;
}

struct Wrong {
  const char* toml;
  const char* says;
};

TEST(Releases, ErrorsNameTheLine) {
  constexpr auto kWrong = std::to_array<Wrong>({
      {"notes = \"x\"\n[major.17]\nreleased = 2024-09-26\nend_of_lfie = 2029-11-08\n",
       "line 4: the key \"end_of_lfie\""},
      {"notes = \"x\"\n[major.17]\nreleased = \"soon\"\n", "line 3: this must be a day"},
      {"notes = \"x\"\n[major.17]\nend_of_life = \"2031\"\n", "line 3: end_of_life must be"},
      {"notes = \"x\"\n[major.17.minors]\nx = 2024-09-26\n", "line 3: \"x\" must be a number"},
      {"notes = \"x\"\n[major.17.skip]\n1 = 5\n", "line 3: the reason must be a text"},
      {"notes = \"x\"\n[major.17\n", "line 2"},
      {"notes = \"x\"\n", "there is no [major.N]"},
      {"[major.17]\n", "\"notes\" is missing"},
  });
  for (const auto& [toml, says] : kWrong) {
    const auto releases = parse_releases(toml);
    ASSERT_FALSE(releases) << toml;
    EXPECT_THAT(releases.error().message, HasSubstr(says));
  }
}

}  // namespace
}  // namespace pgbaton::catalog
