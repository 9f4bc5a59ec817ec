#include "witness/failure.hpp"

#include <gmock/gmock.h>

namespace pgbaton::witness {
namespace {

TEST(ConnectFailure, TakesTheSqlstateOutOfTheVerboseText) {
  const auto failure = connect_failure(
      "connection to server at \"127.0.0.1\", port 6001 failed: FATAL:  53300: sorry, too many clients already\n"
      "LOCATION:  InitProcess, proc.c:363\n");
  EXPECT_EQ(failure.sqlstate, "53300");
  EXPECT_EQ(failure.message, "sorry, too many clients already");
  EXPECT_TRUE(failure.lost);
}

TEST(ConnectFailure, OfSeveralAddressesTheLastOneIsMeant) {
  EXPECT_EQ(connect_failure("a failed: FATAL:  57P03: one\nb failed: FATAL:  28P01: two").sqlstate, "28P01");
}

TEST(ConnectFailure, WithoutAnAnswerThereIsNoConnection) {
  for (const auto* text : {"", "connection refused\n", "failed: FATAL:  ", "failed: FATAL:  without a state"})
    EXPECT_EQ(connect_failure(text).sqlstate, kNobodyAnswers) << text;
  EXPECT_EQ(connect_failure("connection refused\n").message, "connection refused");
}

}  // namespace
}  // namespace pgbaton::witness
