#include "model/window.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pgbaton::model {
namespace {

using base::WallTime;

WallTime time_of(const char* text) { return *base::parse_rfc3339(text); }

std::string next(const char* window, const char* now) {
  const auto opening = opening_after(*parse_window(window), time_of(now));
  return base::to_rfc3339(opening.from) + " " + base::to_rfc3339(opening.until);
}

TEST(Window, IsDaysATimeALengthAndAZone) {
  for (const auto& [said, read] : std::vector<std::pair<const char*, const char*>>{
           {"sun 03:00 2h Europe/Berlin", "sun 03:00 2h Europe/Berlin"},
           {"wed,mon,wed 23:30 90min", "mon,wed 23:30 90min UTC"},
           {"daily  00:00 24h UTC", "daily 00:00 24h UTC"},
       }) {
    const auto window = parse_window(said);
    ASSERT_TRUE(window) << said;
    EXPECT_EQ(to_string(*window), read);
  }
}

TEST(Window, AWrongOneIsRefusedInWords) {
  for (const auto& [said, why] : std::vector<std::pair<const char*, const char*>>{
           {"", "three or four words"},
           {"sun 03:00", "three or four words"},
           {"someday 03:00 1h", "no day of the week"},
           {"sun, 03:00 1h", "no day of the week"},
           {"sun 24:00 1h", "no time like"},
           {"sun 3:00 1h", "no time like"},
           {"sun -1:00 1h", "no time like"},
           {"sun 03:00 5min", "no length"},
           {"sun 03:00 25h", "no length"},
           {"sun 03:00 600500ms", "no length"},
           {"sun 03:00 1h Europe/Atlantis", "no time zone"},
           {"sun 03:00 1h ../../etc/passwd", "no time zone"},
       }) {
    const auto refused = parse_window(said);
    ASSERT_FALSE(refused) << said;
    EXPECT_NE(refused.error().message.find(why), std::string::npos) << refused.error().message;
  }
}

TEST(Window, OpensOnItsDaysAsClocksThereShowIt) {
  EXPECT_EQ(next("sun 03:00 2h Europe/Berlin", "2026-11-27T22:00:00Z"),
            "2026-11-29T02:00:00.000Z 2026-11-29T04:00:00.000Z");
  EXPECT_EQ(next("daily 23:00 2h Pacific/Auckland", "2026-07-01T00:00:00Z"),
            "2026-07-01T11:00:00.000Z 2026-07-01T13:00:00.000Z");
  EXPECT_EQ(next("mon 00:30 1h America/Los_Angeles", "2026-12-07T08:29:00Z"),
            "2026-12-07T08:30:00.000Z 2026-12-07T09:30:00.000Z");
}

TEST(Window, ThatIsOpenIsTheNext) {
  EXPECT_EQ(next("fri 20:00 24h UTC", "2026-11-28T19:59:59.999Z"), "2026-11-27T20:00:00.000Z 2026-11-28T20:00:00.000Z");
  EXPECT_EQ(next("fri 20:00 24h UTC", "2026-11-28T20:00:00Z"), "2026-12-04T20:00:00.000Z 2026-12-05T20:00:00.000Z");
}

TEST(Window, SurvivesTheChangeOfClocks) {
  // 02:30 is left out on 29 March 2026 in Berlin, and shown twice on 25 October.
  EXPECT_EQ(next("sun 02:30 1h Europe/Berlin", "2026-03-28T12:00:00Z"),
            "2026-03-29T01:00:00.000Z 2026-03-29T02:00:00.000Z");
  EXPECT_EQ(next("sun 02:30 1h Europe/Berlin", "2026-10-24T12:00:00Z"),
            "2026-10-25T00:30:00.000Z 2026-10-25T01:30:00.000Z");
}

RC_GTEST_PROP(Window, TheNextOpeningEndsAfterNowAndBeginsWithinAWeek, ()) {
  const auto* const zone =
      *rc::gen::element("UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "America/St_Johns");
  const auto days = *rc::gen::nonEmpty(rc::gen::unique<std::vector<unsigned>>(rc::gen::inRange(0U, 7U)));
  const Window window{.days = days,
                      .at = std::chrono::minutes{*rc::gen::inRange(0, 1440)},
                      .length = std::chrono::minutes{*rc::gen::inRange(10, 1441)},
                      .zone = zone};
  const auto now = time_of("2026-01-01T00:00:00Z") + std::chrono::minutes{*rc::gen::inRange(0, 525'600)};
  const auto opening = opening_after(window, now);
  RC_ASSERT(opening.until > now);
  RC_ASSERT(opening.from < now + std::chrono::hours{8 * 24});
  RC_ASSERT(opening_with_notice(window, now).from >= now + std::chrono::hours{24});
}

TEST(Schedule, IsDueFromItsTimeOnUntilItIsOver) {
  const Schedule schedule{.from = "2026-11-29T02:00:00.000Z", .until = "2026-11-29T04:00:00.000Z"};
  EXPECT_EQ(due(schedule, time_of("2026-11-29T01:59:59.999Z")), Due::later);
  EXPECT_EQ(due(schedule, time_of("2026-11-29T02:00:00Z")), Due::now);
  EXPECT_EQ(due(schedule, time_of("2026-11-29T03:59:59.999Z")), Due::now);
  EXPECT_EQ(due(schedule, time_of("2026-11-29T04:00:00Z")), Due::missed);
}

}  // namespace
}  // namespace pgbaton::model
