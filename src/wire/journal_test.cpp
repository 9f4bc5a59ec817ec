#include "wire/journal.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "wire/sql_words.hpp"

namespace pgbaton::wire {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Message message(char type, std::string_view body) {
  return {{type, static_cast<std::uint32_t>(body.size() + 4)}, body};
}

std::string number(std::size_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

void query(Journal& journal, const std::string& sql) { journal.client_sent(message('Q', sql + '\0')); }
void parse(Journal& journal, const std::string& name, const std::string& sql) {
  journal.client_sent(message('P', name + '\0' + sql + "\0\0\0"s));
}
void bind(Journal& journal, const std::string& statement, const std::vector<std::string>& values = {}) {
  auto body = '\0' + statement + '\0' + number(0, 2) + number(values.size(), 2);
  for (const auto& value : values) body += number(value.size(), 4) + value;
  journal.client_sent(message('B', body + number(0, 2)));
}
void answer(Journal& journal, char type, const std::string& body = "") { journal.server_sent(message(type, body)); }
void completed(Journal& journal, const std::string& tag) { answer(journal, 'C', tag + '\0'); }

struct Line {
  std::string sql, tag;
};

class Harmless : public testing::TestWithParam<Line> {};
INSTANTIATE_TEST_SUITE_P(Journal, Harmless,
                         testing::Values(Line{"select 1", "SELECT 1"}, Line{"begin", "BEGIN"}, Line{"commit", "COMMIT"},
                                         Line{"select temperature, listener, reset, integer from intos", "SELECT 1"},
                                         Line{"rollback", "ROLLBACK"}, Line{"start transaction", "START TRANSACTION"},
                                         Line{"notify x", "NOTIFY"}, Line{"lock t", "LOCK TABLE"}));

TEST_P(Harmless, StatementsLeaveASessionClean) {
  Journal simple;
  query(simple, GetParam().sql);
  completed(simple, GetParam().tag);
  EXPECT_FALSE(simple.is_dirty());
  Journal extended;
  parse(extended, "", GetParam().sql);
  bind(extended, "");
  completed(extended, GetParam().tag);
  EXPECT_FALSE(extended.is_dirty());
}

class Changing : public testing::TestWithParam<Line> {};
INSTANTIATE_TEST_SUITE_P(
    Journal, Changing,
    testing::Values(Line{"", "SET"}, Line{"", "RESET"}, Line{"", "PREPARE"}, Line{"", "DEALLOCATE ALL"},
                    Line{"", "DISCARD ALL"}, Line{"", "LISTEN"}, Line{"", "UNLISTEN"}, Line{"", "DECLARE CURSOR"},
                    Line{"", "CLOSE CURSOR"}, Line{"", "CREATE TABLE"}, Line{"", "DROP TABLE"}, Line{"", "DO"},
                    Line{"", "CALL"}, Line{"", "SELECTED"}, Line{"select 1 into t", "SELECT 1"},
                    Line{"create table t as select 1", "SELECT 1"}, Line{"select 1 INTO temp t", "SELECT 1"},
                    Line{"insert /* x */ into pg_temp_3.t values (1)", "INSERT 0 1"}, Line{"execute p", "SELECT 1"},
                    Line{"select Pg_Advisory_lock(1)", "SELECT 1"}, Line{"select pg_try_advisory_lock(1)", "SELECT 1"},
                    Line{"select pg_catalog.\"set_config\"('a', 'b', false)", "SELECT 1"},
                    Line{"update pg_settings set setting = 'x'", "SELECT 1"},
                    // They may run triggers, or the functions of a cursor's query.
                    Line{"insert into t values (1)", "INSERT 0 1"}, Line{"delete from t", "DELETE 1"},
                    Line{"merge into t using s on true when matched then do nothing", "MERGE 1"},
                    Line{"update t set a = 1", "UPDATE 5"}, Line{"copy t from stdin", "COPY 3"},
                    Line{"fetch c", "FETCH 1"}, Line{"select f()", "SELECT 1"}));

TEST_P(Changing, StatementsMakeASessionDirtyUntilASnapshotIsTaken) {
  Journal journal;
  query(journal, GetParam().sql);
  completed(journal, GetParam().tag);
  EXPECT_TRUE(journal.is_dirty());
  journal.snapshot_taken();
  EXPECT_FALSE(journal.is_dirty());
}

TEST(Journal, IsDirtyAfterANamedParseButNotByItsUse) {
  Journal journal;
  parse(journal, "s1", "select $1");
  EXPECT_TRUE(journal.is_dirty());
  journal.snapshot_taken();
  bind(journal, "s1", {"a.b"});
  completed(journal, "SELECT 1");
  EXPECT_FALSE(journal.is_dirty());
  EXPECT_THAT(journal.placeholders(), IsEmpty());
  journal.client_sent(message('C', "Ss1\0"s));
  EXPECT_TRUE(journal.is_dirty());
}

TEST(Journal, IsDirtyAtEachUseOfAStatementThatChangesState) {
  Journal journal;
  parse(journal, "s1", "select set_config($1, $2, false)");
  journal.snapshot_taken();
  bind(journal, "s1", {"App.tenant", "42"});
  EXPECT_TRUE(journal.is_dirty());
  EXPECT_THAT(journal.placeholders(), ElementsAre("App.tenant"));
  EXPECT_THAT(journal.uncarried(), IsEmpty());
}

TEST(Journal, ForgetsThatAStatementChangesStateWhenItsNameIsTakenAnew) {
  Journal journal;
  parse(journal, "", "select pg_advisory_lock(1)");
  parse(journal, "", "select 1");
  journal.snapshot_taken();
  bind(journal, "");
  EXPECT_FALSE(journal.is_dirty());
}

TEST(Journal, IsDirtyAtEachUseOnceTooManyStatementsChangeState) {
  Journal journal;
  for (std::size_t i = 0; i <= Journal::kMaxNames; ++i) parse(journal, "s" + std::to_string(i), "execute x");
  journal.snapshot_taken();
  bind(journal, "other");
  EXPECT_TRUE(journal.is_dirty());
}

TEST(Journal, IsDirtyAfterAMessageThatIsNotWhole) {
  for (const char type : {'Q', 'P', 'B', 'C'}) {
    Journal journal;
    journal.client_sent({{type, 100'000}, "sel"});
    EXPECT_TRUE(journal.is_dirty()) << type;
  }
}

TEST(Journal, IsDirtyAfterAFunctionCallAndAReportedParameter) {
  Journal journal;
  journal.client_sent(message('F', ""));
  EXPECT_TRUE(journal.is_dirty());
  journal.snapshot_taken();
  answer(journal, 'S', "TimeZone\0UTC\0"s);
  EXPECT_TRUE(journal.is_dirty());
  EXPECT_EQ(journal.parameters().at("TimeZone"), "UTC");
}

TEST(Journal, ClosingTheUnnamedPortalIsHarmlessClosingACursorIsNot) {
  Journal journal;
  journal.client_sent(message('C', "P\0"s));
  EXPECT_FALSE(journal.is_dirty());
  journal.client_sent(message('C', "Pc\0"s));
  EXPECT_TRUE(journal.is_dirty());
}

struct Named {
  std::string sql, name;
};
class CustomName : public testing::TestWithParam<Named> {};
INSTANTIATE_TEST_SUITE_P(Journal, CustomName,
                         testing::Values(Named{"SET a.b = 1", "a.b"}, Named{"set session A.b TO 1", "a.b"},
                                         Named{"set local a.b=1", "a.b"}, Named{"begin;set\n a . b\tto 'x'", "a.b"},
                                         Named{"set \"My\".\"b\"\"c d\" = 1", "my.b\"c d"},
                                         Named{"set a.b.c = 1", "a.b.c"}, Named{"do $$begin set a.b = 1; end$$", "a.b"},
                                         Named{"select set_config('a.B', x, false)", "a.b"},
                                         Named{"select SET_CONFIG ( 'a.b'::text , $1, true)", "a.b"},
                                         Named{"select pg_catalog.\"set_config\"('a.b','',false)", "a.b"}));

TEST_P(CustomName, IsFoundInTheText) {
  Journal journal;
  query(journal, GetParam().sql);
  EXPECT_THAT(journal.placeholders(), ElementsAre(GetParam().name));
}

TEST(Journal, TakesNoOtherNamesForCustomOnes) {
  Journal journal;
  for (const auto* sql :
       {"set a = 1", "set session authorization x", "update t set a = b.c", "set", "set a.", "set .", "set a.b",
        "set a.b t", "set a.b tom = 1", "set \"a", "select set_config('a', 'b', true)", "set_config"})
    query(journal, sql);
  EXPECT_THAT(journal.placeholders(), IsEmpty());
  EXPECT_THAT(journal.uncarried(), IsEmpty());
}

TEST(Journal, TellsOfASettingWhoseNameWasComputed) {
  Journal journal;
  query(journal, "select set_config('a.' || x, 'y', false) from t");
  EXPECT_THAT(journal.uncarried(), SizeIs(1));
}

TEST(Journal, DiscardAllClearsWhatItDiscards) {
  Journal journal;
  query(journal, "set a.b = 1; select lastval()");
  EXPECT_THAT(journal.uncarried(), SizeIs(1));
  query(journal, "DISCARD ALL");
  completed(journal, "DISCARD ALL");
  EXPECT_THAT(journal.placeholders(), IsEmpty());
  EXPECT_THAT(journal.uncarried(), IsEmpty());
}

TEST(Journal, DiscardAllKeepsWhatWasSentBehindIt) {
  Journal journal;
  query(journal, "DISCARD ALL");
  query(journal, "set a.b = 1");
  completed(journal, "DISCARD ALL");
  completed(journal, "SET");
  EXPECT_THAT(journal.placeholders(), ElementsAre("a.b"));
}

TEST(Journal, ASeedOutlivesDiscardAll) {
  Journal journal;
  query(journal, "select setseed(0.5)");
  query(journal, "discard all");
  completed(journal, "DISCARD ALL");
  EXPECT_THAT(journal.uncarried(), SizeIs(1));
}

TEST(Journal, KeepsTheUnnamedStatementThatTheServerHasTaken) {
  Journal journal;
  parse(journal, "", "select 1");
  EXPECT_EQ(journal.unnamed(), "");
  answer(journal, '1');
  EXPECT_EQ(journal.unnamed(), "P\0\0\0\x10\0select 1\0\0\0"s);
  parse(journal, "", "nonsense");
  answer(journal, 'E');
  answer(journal, 'Z', "I");
  parse(journal, "named", "select 2");
  answer(journal, '1');
  EXPECT_THAT(journal.unnamed(), testing::HasSubstr("select 1"));
  query(journal, "select 2");
  EXPECT_EQ(journal.unnamed(), "");
}

TEST(Journal, TellsWhatTriggersMayHaveChangedFromTheRest) {
  for (const std::string tag : {"INSERT 0 1", "UPDATE 5", "DELETE 0", "COPY 3"}) {
    Journal journal;
    journal.server_sent(message('C', tag + '\0'));
    EXPECT_TRUE(journal.is_dirty()) << tag;
    EXPECT_FALSE(journal.is_changed()) << tag;
    journal.server_sent(message('C', "SET\0"s));
    EXPECT_TRUE(journal.is_changed());
    journal.snapshot_taken();
    EXPECT_FALSE(journal.is_dirty());
  }
}

TEST(Journal, DoesNotKeepAnUnnamedStatementThatIsTooLong) {
  Journal journal;
  parse(journal, "", "select '" + std::string(Journal::kMaxUnnamed, 'x') + "'");
  answer(journal, '1');
  EXPECT_EQ(journal.unnamed(), "");
  EXPECT_THAT(journal.uncarried(), SizeIs(1));
  query(journal, "select 1");
  EXPECT_THAT(journal.uncarried(), IsEmpty());
}

RC_GTEST_PROP(JournalProperty, FindsAWordWhereverItStands, (const std::string& before, const std::string& after)) {
  for (const std::string word : {"set_config", "PG_ADVISORY_LOCK", "Temp", "execute"}) {
    Journal journal;
    journal.client_sent(message('Q', std::string{before.c_str()} + ' ' + word + ' ' + after + '\0'));
    RC_ASSERT(journal.is_dirty());
  }
}

RC_GTEST_PROP(JournalProperty, SurvivesAnyMessages,
              (const std::vector<std::pair<std::uint8_t, std::string>>& messages)) {
  constexpr std::string_view kTypes = "QPBCFSZ1E";
  Journal journal;
  for (const auto& [choice, body] : messages) {
    auto any = message(kTypes[choice % kTypes.size()], body);
    any.frame.length += choice / 128;
    journal.client_sent(any);
    journal.server_sent(any);
  }
}

}  // namespace
}  // namespace pgbaton::wire
