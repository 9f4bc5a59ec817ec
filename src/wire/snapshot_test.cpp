#include "wire/snapshot.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "wire/frame.hpp"
#include "wire/one_statement.hpp"

namespace pgbaton::wire {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

SessionState everything() {
  return {.session_user = "app",
          .login_user = "admin",
          .role = "reader",
          .settings = {{"client_encoding", "LATIN1"}, {"search_path", "a, b"}, {"statement_timeout", "5"}},
          .placeholders = {{"my.tenant", "42"}},
          .statements = {{"s1", "select $1", {23}, false}, {"p1", "prepare p1 as select 1", {}, true}},
          .channels = {"a \"channel\""},
          .locks = {{0xffff'ffff, 0xffff'fffb, 1, false}, {3, 0xffff'ffff, 2, true}},
          .holdable_cursors = {},
          .temporary = {}};
}

std::string types_of(std::string_view bytes) {
  std::string types;
  FrameWalker walker;
  std::size_t passed = 0;
  const auto walk = walker.walk(bytes, passed, [&](const Message& message) {
    types += message.frame.type;
    return Pass::on;
  });
  EXPECT_EQ(walk, Walk::through);
  EXPECT_EQ(passed, bytes.size());
  return types;
}

TEST(AskState, IsOnePipelineOfOnePrivateStatement) { EXPECT_EQ(types_of(ask_state({})), "CPBECS"); }

TEST(AskState, KeepsItsStatementUntilItIsToldNotTo) {
  EXPECT_EQ(types_of(*ask_state_and_keep({})), "CPBES");
  EXPECT_EQ(types_of(ask_state_again(Kept::yes)), "BES");
  EXPECT_EQ(types_of(ask_state_again(Kept::no)), "BECS");
}

TEST(AskState, WritesTheNamesIntoAStatementThatItKeeps) {
  EXPECT_THAT(*ask_state_and_keep({"a.b", "c.'\"d\\"}), HasSubstr(R"(unnest(E'{"a.b","c.''\\"d\\\\"}'::)"));
  EXPECT_FALSE(ask_state_and_keep({"\x95\x5c.x"}));
}

TEST(AskState, BindsTheNamesOfCustomSettingsAsAnArray) {
  EXPECT_THAT(ask_state({"a.b", "c.\"d\\"}), HasSubstr(R"({"a.b","c.\"d\\"})"));
}

TEST(AskState, QualifiesItsOperators) {
  for (const char* bare : {" = ", " <> ", " in (", " like ", " || ", "::text", "::int8"})
    EXPECT_THAT(ask_state({}), Not(HasSubstr(bare)));
}

TEST(ReadState, ReadsWhatItsJsonSays) {
  EXPECT_EQ(*read_state(base::Json(everything()).dump()), everything());
  EXPECT_FALSE(read_state("{"));
  EXPECT_FALSE(read_state(R"({"settings": 1})"));
}

TEST(ReadState, KeepsBytesOfAnyEncoding) {
  for (const std::string bytes : {"caf\xe9", "\xff\x80\xc3", "\xc3\xa9\xe2\x82\xac"}) {
    const auto state = read_state(R"({"placeholders": [{"name": "a.b", "value": ")" + bytes + R"("}]})");
    ASSERT_TRUE(state);
    EXPECT_EQ(state->placeholders.at(0).value, bytes);
  }
}

TEST(Restore, OfAPlainStateIsNothing) {
  const SessionState plain{.session_user = "app", .login_user = "app", .role = "none"};
  EXPECT_TRUE(is_plain(plain));
  const auto restored = restore(plain, "");
  EXPECT_EQ(restored.bytes, "");
  EXPECT_EQ(restored.syncs, 0);
}

TEST(Restore, EndsEachStepWithASync) {
  const auto restored = restore(everything(), "");
  EXPECT_EQ(types_of(restored.bytes),
            "CPBEBECS"            // settings
            "CPBECSCPBECSCPBECS"  // custom settings, session_user, role
            "PSCPBECS"            // statements
            "CPBECSCPBECS"        // locks
            "CPBECS"              // LISTEN
            "CPBECS");            // statement_timeout
  EXPECT_EQ(restored.syncs, std::ranges::count(types_of(restored.bytes), 'S'));
}

TEST(Restore, GoesInItsOrder) {
  const auto unnamed = "P\0\0\0\x0f\0select 2\0\0\0"s;
  const auto bytes = restore(everything(), unnamed).bytes;
  std::size_t last = 0;
  for (const auto& part :
       {"client_encoding"s, "search_path"s, "my.tenant"s, "session_authorization"s, "reader"s, "\0s1\0"s.substr(1),
        "prepare p1"s, "-5"s, "LISTEN \"a \"\"channel\"\"\""s, "statement_timeout"s, "select 2"s}) {
    const auto at = bytes.find(part, last);
    ASSERT_NE(at, std::string::npos) << part;
    last = at;
  }
}

TEST(Restore, BindsKeysOfLocksAsTheyWereGiven) {
  const auto bytes = restore(everything(), "").bytes;
  EXPECT_THAT(bytes, HasSubstr("pg_try_advisory_lock($1)"));
  EXPECT_THAT(bytes, HasSubstr("pg_try_advisory_lock_shared($1, $2)"));
  EXPECT_THAT(bytes, HasSubstr("\0\0\0\1"s + "3" + "\0\0\0\2"s + "-1"));
}

TEST(Restore, LeavesOutWhatRecoveryRefuses) {
  SessionState state{
      .role = "none", .settings = {{"default_transaction_isolation", "serializable"}}, .channels = {"a"}};
  EXPECT_EQ(restore(state, "", During::recovery).syncs, 0);
  EXPECT_EQ(restore(state, "", During::writable).syncs, 2);
}

TEST(Restore, AfterRecoveryMakesGoodWhatWasLeftOut) {
  auto state = everything();
  const auto before = restore_after_recovery(state);
  EXPECT_EQ(before.syncs, static_cast<int>(state.channels.size()));
  EXPECT_THAT(before.bytes, HasSubstr("LISTEN \"a \"\"channel\"\"\""));
  state.settings.push_back({"default_transaction_isolation", "serializable"});
  EXPECT_EQ(restore_after_recovery(state).syncs, before.syncs + 1);
}

TEST(Restore, LeavesOutAPrepareThatCameWithOthers) {
  const SessionState state{.statements = {{"p", "prepare p as select 1; drop table t", {}, true}}};
  EXPECT_EQ(restore(state, "").syncs, 0);
  EXPECT_THAT(uncarried(state, Journal{}), SizeIs(1));
}

TEST(Uncarried, NamesCursorsAndTemporaryObjects) {
  EXPECT_THAT(uncarried(everything(), Journal{}), IsEmpty());
  const SessionState state{.holdable_cursors = {"c"}, .temporary = {"t"}};
  EXPECT_THAT(uncarried(state, Journal{}), ElementsAre("cursor c WITH HOLD is open", "t exists in pg_temp"));
  EXPECT_FALSE(can_be_parked(state));
  EXPECT_FALSE(is_plain(state));
}

TEST(Uncarried, NamesAnEncodingThatJsonCannotBear) {
  Journal journal;
  journal.set_parameter("client_encoding", "SJIS");
  EXPECT_THAT(uncarried(everything(), journal), SizeIs(1));
  EXPECT_THAT(uncarried(SessionState{}, journal), IsEmpty());
}

TEST(Parked, IsOnlyASessionThatHearsNothingAndHoldsNothing) {
  EXPECT_TRUE(can_be_parked({.settings = {{"a", "b"}}}));
  EXPECT_FALSE(can_be_parked({.channels = {"a"}}));
  EXPECT_FALSE(can_be_parked({.locks = {{}}}));
}

TEST(Differences, AreNoneOfTheSameInAnotherOrder) {
  auto other = everything();
  std::ranges::reverse(other.settings);
  EXPECT_THAT(differences(everything(), other), IsEmpty());
}

TEST(Differences, AreToldByName) {
  auto other = everything();
  other.role = "none";
  other.settings[0].value = "UTF8";
  other.placeholders.clear();
  other.channels.emplace_back("b");
  EXPECT_THAT(differences(everything(), other),
              ElementsAre("role was reader and is none", "setting client_encoding is not the same",
                          "custom setting my.tenant is missing", "channel b was not there"));
}

struct Text {
  std::string_view sql;
  bool is_one;
};
class OnePrepare : public testing::TestWithParam<Text> {};
INSTANTIATE_TEST_SUITE_P(
    Wire, OnePrepare,
    testing::Values(Text{"prepare p as select 1", true},
                    Text{" /* a /* b */ ; */ PREPARE p as select 1 ; -- ;\n", true},
                    Text{"prepare p as select ';', \"a;\", $$;$$, $q$;$$;$q$, E'\\';', $1", true},
                    Text{"prepare p as select 'it''s;'", true}, Text{"prepare p as select a$b, $1$2;", true},
                    Text{"prepare p as select 1; select 2", false}, Text{"prepare p as select 1;;", false},
                    Text{"select 1; prepare p as select 1", false}, Text{"set a = 1", false}, Text{"", false},
                    Text{"prepared p", false}, Text{"prepare p as select '", false},
                    Text{"prepare p as select $$", false}, Text{"prepare p as select 1 /* ", false},
                    Text{"prepare p as select '\\'; select '", false}, Text{"prepare p as select \"", false},
                    Text{"prepare p as select E'\\", false}));

TEST_P(OnePrepare, IsToldFromMore) { EXPECT_EQ(is_one_prepare(GetParam().sql), GetParam().is_one); }

RC_GTEST_PROP(OnePrepareProperty, SurvivesAnyText, (const std::string& sql)) {
  RC_ASSERT(!is_one_prepare("prepare p as select 1; x" + sql));
  (void)is_one_prepare("prepare " + sql);
}

RC_GTEST_PROP(RestoreProperty, WalksAsMessagesWhateverTheStateSays,
              (const std::string& text, const std::vector<std::string>& channels)) {
  const SessionState state{.session_user = text,
                           .login_user = "x",
                           .role = text,
                           .settings = {{text, text}},
                           .placeholders = {{text, text}},
                           .statements = {{text, text, {1}, false}, {text, text, {}, true}},
                           .channels = channels,
                           .locks = {{1, 2, 3, true}}};
  const auto restored = restore(state, "");
  RC_ASSERT(std::ranges::count(types_of(restored.bytes), 'S') == restored.syncs);
}

}  // namespace
}  // namespace pgbaton::wire
