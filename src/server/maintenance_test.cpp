#include "server/maintenance.hpp"

#include <gmock/gmock.h>

#include "server/maintenance_page.hpp"

namespace pgbaton::server {
namespace {

using base::Json;
using testing::HasSubstr;
using testing::Not;

const base::WallTime kNow = *base::parse_rfc3339("2026-11-28T01:00:00Z");

TEST(ParseMaintenance, OfNothingIsOneWithoutAnEnd) {
  const auto parsed = parse_maintenance(Json::object(), kNow);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, (api::Maintenance{.since = "2026-11-28T01:00:00.000Z", .grace_ms = 60'000}));
}

TEST(ParseMaintenance, TakesATimeOrHowLongFromNow) {
  EXPECT_EQ(parse_maintenance({{"until", "2026-11-28T03:00:00+01:00"}}, kNow)->until, "2026-11-28T02:00:00.000Z");
  EXPECT_EQ(parse_maintenance({{"until", "90min"}}, kNow)->until, "2026-11-28T02:30:00.000Z");
}

TEST(ParseMaintenance, RefusesWhatMakesNoSense) {
  const std::pair<Json, const char*> kRows[] = {
      {{{"until", "tomorrow"}}, "like 30min"},   {{{"until", ""}}, "like 30min"},
      {{{"until", "30"}}, "like 30min"},         {{{"until", 30}}, "like 30min"},
      {{{"until", "0s"}}, "has passed"},         {{{"until", "2026-11-28T01:00:00Z"}}, "has passed"},
      {{{"message", "two\nlines"}}, "one line"}, {{{"message", std::string(301, 'x')}}, "at most 300"},
      {{{"message", 7}}, "is a text"},           {{{"grace_ms", -1}}, "grace_ms"},
      {{{"grace_ms", "60s"}}, "grace_ms"},       {Json::array(), "is an object"},
  };
  for (const auto& [asked, words] : kRows) {
    const auto parsed = parse_maintenance(asked, kNow);
    ASSERT_FALSE(parsed) << asked;
    EXPECT_THAT(parsed.error().message, HasSubstr(words));
  }
}

TEST(MaintenancePage, ShowsWhatWasSaidAndNothingOfItIsMarkup) {
  const auto page = maintenance_page({.message = "New <b>\"prices\"</b> & more", .until = "2026-11-28T02:30:00.000Z"});
  EXPECT_THAT(page, HasSubstr("<p>New &lt;b&gt;&quot;prices&quot;&lt;/b&gt; &amp; more</p>"));
  EXPECT_THAT(page, HasSubstr("2026-11-28 02:30 UTC"));
  EXPECT_THAT(maintenance_page({}), Not(HasSubstr("Until")));
}

TEST(MaintenancePage, SaysWhenToTryAgain) {
  EXPECT_EQ(retry_after_seconds({.until = "2026-11-28T01:00:10.001Z"}, kNow), 11);
  EXPECT_EQ(retry_after_seconds({.until = "2026-11-28T00:00:00Z"}, kNow), 1);
  EXPECT_EQ(retry_after_seconds({}, kNow), 30);
}

}  // namespace
}  // namespace pgbaton::server
