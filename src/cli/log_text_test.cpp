#include <gmock/gmock.h>

#include "cli/log_commands.hpp"
#include "cli/test_console.hpp"

namespace pgbaton::cli {
namespace {

using base::Json;
using testing::HasSubstr;
using testing::Not;

TEST(LogLines, SayWhenHowBadWhoAndWhat) {
  TestConsole test;
  const Json entry{{"time", "2026-11-27T22:31:02.117Z"},
                   {"node", "shop_1"},
                   {"level", "ERROR"},
                   {"pid", 4711},
                   {"sqlstate", "23505"},
                   {"user", "shop"},
                   {"database", "shop"},
                   {"application_name", "psql"},
                   {"message", "duplicate key value"},
                   {"detail", "Key (id)=(1) already exists."},
                   {"hint", nullptr},
                   {"statement", "INSERT INTO t\nVALUES (1)"}};
  EXPECT_EQ(log_lines(Json::array({entry}), true, test.console),
            "2026-11-27 22:31:02.117  shop_1  ERROR    [4711] shop@shop psql  duplicate key value (23505)\n"
            "    DETAIL: Key (id)=(1) already exists.\n"
            "    STATEMENT: INSERT INTO t\n"
            "      VALUES (1)\n");
  const Json own{{"time", "2026-11-27T22:31:02.117Z"}, {"level", "LOG"}, {"pid", 12}, {"message", "checkpoint"}};
  EXPECT_EQ(log_lines(Json::array({own}), false, test.console), "2026-11-27 22:31:02.117  LOG      [12]  checkpoint\n");
}

TEST(LogLines, DoNothingToATerminal) {
  TestConsole test;
  const Json entry{{"time", ""},
                   {"level", ""},
                   {"pid", 1},
                   {"message",
                    "a\x1b[2Jb\xc2\x9b"
                    "1mc\rd\te größe"}};
  const auto text = log_lines(Json::array({entry}), false, test.console);
  EXPECT_THAT(text, HasSubstr("a?[2Jb?1mc?d e größe"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace pgbaton::cli
