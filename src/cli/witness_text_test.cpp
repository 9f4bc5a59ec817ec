#include "cli/witness_text.hpp"

#include <gmock/gmock.h>

#include "cli/test_console.hpp"

namespace pgbaton::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(WitnessText, ACleanRunIsShort) {
  TestConsole test;
  witness::Report report{.connections = 8, .rows = {.acknowledged = 300}, .stall = {24, 20}, .seconds = 3};
  EXPECT_EQ(witness_text(report, test.console),
            "connections         8\n"
            "acknowledged        300 commits, 100 per second\n"
            "lost                0\n"
            "duplicated          0\n"
            "in doubt            0\n"
            "disconnects         0\n"
            "errors              0\n"
            "session state lost  0\n"
            "longest wait        24 ms; 99 of 100 clients at most 20 ms\n");
}

TEST(WitnessText, EverythingThatWentWrongIsThere) {
  TestConsole test;
  witness::Report report{.rows = {.lost = 3, .in_doubt = 2, .in_doubt_present = 1, .unknown = 4},
                         .errors = {{"08001", 2}, {"57P01", 1}},
                         .proof = "/tmp/proof",
                         .remains = "no connection"};
  for (int client = 1; client <= 12; ++client)
    report.lost_states.push_back({client, witness::StateKind::listen, "listen is not there"});
  const auto text = witness_text(report, test.console);
  for (const auto* part : {"lost                3\n", "in doubt            2, of which 1 are there\n",
                           "unknown rows        4\n", "08001: 2, 57P01: 1\n", "session state lost  12\n",
                           "/tmp/proof\n", "no connection\n", "client 10: listen is not there\n", "and 2 more\n"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("client 11")));
}

}  // namespace
}  // namespace pgbaton::cli
