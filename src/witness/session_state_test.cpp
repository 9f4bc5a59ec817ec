#include "witness/session_state.hpp"

#include <gmock/gmock.h>

namespace pgbaton::witness {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Identity kMe{.run = "r1", .schema = "public", .client = 7, .neighbour = 8};
const std::vector<std::string> kWhole{"7", "pgbaton_witness/7", "4104kB", "public, pgbaton_witness_7", "1", "1", "1",
                                      "f"};

std::vector<std::string> with(std::size_t column, const std::string& value) {
  auto row = kWhole;
  row[column] = value;
  return row;
}

TEST(SessionState, IsWholeWhenTheServerAnswersWhatWasSet) {
  EXPECT_THAT(check_state(kMe, kWhole), IsEmpty());
  EXPECT_FALSE(neighbours_lock_is_free(kWhole));
}

TEST(SessionState, EveryDifferenceIsNamedByItsKind) {
  struct Case {
    std::size_t column;
    const char* answer;
    StateKind kind;
    const char* description;
  };
  for (const auto& [column, answer, kind, description] :
       {Case{0, "", StateKind::custom_setting, "custom-setting is \"\" and was \"7\""},
        Case{1, "psql", StateKind::application_name, "application-name is \"psql\" and was \"pgbaton_witness/7\""},
        Case{2, "4MB", StateKind::work_mem, "work-mem is \"4MB\" and was \"4104kB\""},
        Case{3, "public", StateKind::search_path, "search-path is \"public\" and was \"public, pgbaton_witness_7\""},
        Case{4, "0", StateKind::sql_prepared_statement, "sql-prepared-statement is not there"},
        Case{5, "0", StateKind::listen, "listen is not there"},
        Case{6, "0", StateKind::advisory_lock, "advisory-lock is not there"}}) {
    const auto losses = check_state(kMe, with(column, answer));
    ASSERT_EQ(losses.size(), 1U) << description;
    EXPECT_EQ(losses[0].kind, kind);
    EXPECT_EQ(losses[0].description, description);
  }
}

TEST(SessionState, ANewSessionHasLostAllOfIt) {
  EXPECT_EQ(check_state(kMe, {"", "", "4MB", "\"$user\", public", "0", "0", "0", "f"}).size(), 7U);
}

TEST(SessionState, TheNeighboursLockIsTriedAndOnesOwnIsNot) {
  EXPECT_THAT(state_query(kMe), HasSubstr("pg_try_advisory_xact_lock("));
  EXPECT_TRUE(neighbours_lock_is_free(with(7, "t")));
  auto alone = kMe;
  alone.neighbour = alone.client;
  EXPECT_THAT(state_query(alone), Not(HasSubstr("pg_try_advisory_xact_lock(")));
}

TEST(SessionState, ClientsDifferInEveryValue) {
  auto other = kMe;
  other.client = 9;
  const auto mine = state_making(kMe);
  const auto theirs = state_making(other);
  ASSERT_EQ(mine.size(), theirs.size());
  for (std::size_t at = 0; at < mine.size(); ++at) EXPECT_NE(mine[at], theirs[at]);
}

}  // namespace
}  // namespace pgbaton::witness
