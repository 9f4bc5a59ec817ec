#include <gtest/gtest.h>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/units.hpp"

namespace pgbaton::base {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(Code::invalid_argument, "{} is odd", number);
  return number / 2;
}

Result<int> quarter(int number) { return half(TRY(half(number))); }

TEST(Result, TryReturnsTheValueOrPassesTheErrorUp) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
}

TEST(Error, ContextIsAddedInFrontOfTheMessage) {
  const auto result = in_context("halving", half(3));
  EXPECT_EQ(result.error().message, "halving: 3 is odd");
  EXPECT_EQ(result.error().code, Code::invalid_argument);
}

TEST(Error, EveryCodeIsFoundByItsName) {
  for (int code = 0; code <= static_cast<int>(Code::failed); ++code)
    EXPECT_EQ(code_named(traits(static_cast<Code>(code)).name), static_cast<Code>(code));
}

TEST(Time, Rfc3339RoundTrips) {
  const auto time = parse_rfc3339("2026-11-22T17:20:03.125Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(to_rfc3339(*time), "2026-11-22T17:20:03.125Z");
  EXPECT_EQ(to_rfc3339(*parse_rfc3339("2026-11-22T18:20:03+01:00")), "2026-11-22T17:20:03.000Z");
}

TEST(Time, WhatIsNoTimeIsRefusedInWords) {
  for (const auto* text : {"", "yesterday", "2026-13-01T00:00:00Z", "2026-11-22T17:20:03", "2026-11-22T25:00:00Z"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(Lsn, IsPrintedAndParsedAsPostgresDoes) {
  EXPECT_EQ(to_string(Lsn{0x1'0000'00FF}), "1/FF");
  EXPECT_EQ(parse_lsn("16/B374D848"), (Lsn{0x16'B374'D848}));
  for (const auto* text : {"", "1", "/", "1/", "x/1", "1/2/3"}) EXPECT_FALSE(parse_lsn(text)) << text;
}

TEST(Bytes, AreShownAsPgSizePrettyDoes) {
  EXPECT_EQ(humanise(Bytes{512}), "512 bytes");
  EXPECT_EQ(humanise(300_MiB), "300 MB");
  EXPECT_EQ(humanise(20_GiB), "20 GB");
}

TEST(Text, SplitsTrimsAndJoins) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(lines("a\nb\n"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(trim("  x \n"), "x");
  EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
  EXPECT_EQ(counted(1, "step") + counted(2, "step"), "1 step2 steps");
}

TEST(Redact, PasswordsAreNoPartOfWhatIsShown) {
  for (const auto* text : {"ALTER ROLE ada PASSWORD 'hunter2'", "create user ada password E'hunter2' login",
                           "ALTER ROLE ada PASSWORD\n$x$hunter2$x$", "ALTER ROLE ada PASSWORD U&'hunter2'",
                           "CREATE SUBSCRIPTION s CONNECTION 'host=a password=hunter2 user=b' PUBLICATION p",
                           "UPDATE people SET \"password\" = 'hunter2'", "CREATE USER MAPPING … password 'hunter2')"})
    EXPECT_EQ(without_passwords(text).find("hunter2"), std::string::npos) << text;
  EXPECT_EQ(without_passwords("ALTER ROLE ada PASSWORD 'x'"), "ALTER ROLE ada PASSWORD ***");
}

TEST(Redact, OtherStatementsStayAsTheyAre) {
  for (const auto* text : {"SELECT 1", "UPDATE people SET password = $1 WHERE id = 7", "SELECT password FROM people",
                           "SELECT id FROM people WHERE password=$2", "ALTER ROLE ada PASSWORD", ""})
    EXPECT_EQ(without_passwords(text), text);
}

}  // namespace
}  // namespace pgbaton::base
