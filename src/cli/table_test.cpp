#include "cli/table.hpp"

#include <gmock/gmock.h>

#include "base/text.hpp"
#include "cli/test_console.hpp"
#include "cli/text_layout.hpp"

namespace pgbaton::cli {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Table two_databases() {
  Table table{{{"NAME"}, {"PORT", Align::right}, {"NOTE"}}};
  table.add({"shop", "6001", "a"});
  table.add({"a_long_name", "80", "b"});
  return table;
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCellAndNumbersStandRight) {
  TestConsole test;
  EXPECT_EQ(two_databases().render(test.console),
            "NAME         PORT  NOTE\n"
            "shop         6001  a\n"
            "a_long_name    80  b\n");
}

TEST(Table, WidthIsCountedInCharactersNotInBytes) {
  TestConsole test;
  Table table{{{"A"}, {"B"}}};
  table.add({"größe", "x"});
  table.add({"中文", "y"});
  table.add({"plain", "z"});
  EXPECT_EQ(table.render(test.console), "A      B\ngröße  x\n中文   y\nplain  z\n");
}

TEST(Table, AColumnInWhichNothingStandsIsLeftOut) {
  TestConsole test;
  Table table{{{"A"}, {"EMPTY"}, {"B"}}};
  table.add({"1", "", "2"});
  EXPECT_EQ(table.render(test.console), "A  B\n1  2\n");
}

TEST(Table, TheLastColumnIsBrokenOnATerminalOnly) {
  TestConsole test;
  Table table{{{"KEY"}, {"TEXT"}}};
  table.add({"k", "one two three four five six seven eight nine ten"});
  EXPECT_EQ(base::lines(table.render(test.console)).size(), 2U);
  test.console.out_terminal = true;
  test.console.colours = false;
  test.console.width = 35;
  EXPECT_THAT(base::lines(table.render(test.console)),
              ElementsAre("KEY  TEXT", "k    one two three four five six", "     seven eight nine ten"));
}

TEST(Table, ColoursAreForTerminalsAndDoNotMoveColumns) {
  TestConsole test;
  Table table{{{"STATE"}, {"X"}}};
  table.add({{"running", Paint::good}, "1"});
  EXPECT_THAT(table.render(test.console), Not(HasSubstr("\x1b")));
  test.console.out_terminal = true;
  const auto painted = base::lines(table.render(test.console));
  ASSERT_EQ(painted.size(), 2U);
  EXPECT_THAT(painted[1], HasSubstr("\x1b[32mrunning\x1b[0m  1"));
  EXPECT_EQ(display_width(painted[1]), display_width("running  1"));
}

TEST(TextLayout, AWordLongerThanTheLineStaysWhole) {
  EXPECT_THAT(wrapped("see /a/very/long/path now", 8), ElementsAre("see", "/a/very/long/path", "now"));
}

TEST(TextLayout, TextIsCutBetweenCharacters) {
  EXPECT_EQ(shortened("größer", 4), "grö…");
  EXPECT_EQ(shortened("short", 5), "short");
}

TEST(TextLayout, BrokenUtf8IsTakenAsItIs) {
  EXPECT_TRUE(padded("\xff\xc3", 4).starts_with("\xff\xc3"));
  EXPECT_EQ(shortened("\xff\xc3\xe2\x82", 1), "…");
}

TEST(Console, AnErrorIsTwoLinesForPeopleAndOneObjectForScripts) {
  TestConsole test;
  const base::Error error{base::Code::refused, "shop is busy", "Wait."};
  test.console.print(error);
  EXPECT_EQ(test.err.str(), "pgbaton: shop is busy\n  Wait.\n");
  test.err.str("");
  test.console.json = true;
  test.console.print(error);
  EXPECT_EQ(test.err.str(), "{\"error\":{\"code\":\"refused\",\"message\":\"shop is busy\",\"remedy\":\"Wait.\"}}\n");
  EXPECT_EQ(test.out.str(), "");
}

}  // namespace
}  // namespace pgbaton::cli
