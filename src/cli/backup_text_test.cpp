#include <gmock/gmock.h>

#include "cli/backup_commands.hpp"
#include "cli/test_console.hpp"

namespace pgbaton::cli {
namespace {

using base::Json;
using testing::HasSubstr;
using testing::Not;

Json backups_answer(const Json& backups, const char* problem) {
  return {{"backups", backups}, {"archiving", {{"state", "on"}}}, {"problem", problem}};
}

TEST(BackupsText, ARepositoryThatCannotBeReadIsNotAnEmptyOne) {
  TestConsole test;
  EXPECT_EQ(backups_text(backups_answer(Json::array(), ""), test.console), "There is no backup yet.\n");
  EXPECT_EQ(backups_text(backups_answer(Json::array(), "the store does not answer"), test.console),
            "The repository cannot be read now, what it has is not known: the store does not answer.\n");
  const Json known = Json::array({{{"label", "20261128-035410F"}, {"kind", "full"}}});
  const auto text = backups_text(backups_answer(known, "the store does not answer"), test.console);
  EXPECT_THAT(text, HasSubstr("20261128-035410F"));
  EXPECT_THAT(text, HasSubstr("this is as it was before: the store does not answer"));
  EXPECT_THAT(text, Not(HasSubstr("no backup yet")));
}

}  // namespace
}  // namespace pgbaton::cli
