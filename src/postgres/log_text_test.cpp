// PostgreSQL's log, read from text and from files that a test has written.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "postgres/conf.hpp"
#include "postgres/log_files.hpp"

namespace pgbaton::postgres {
namespace {

using api::LogEntry;
using base::Code;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kDuplicate =
    "2026-11-27 22:31:02.117 UTC [4711] 23505 (shop@shop [local] my app)\tERROR:  duplicate key value\n"
    "2026-11-27 22:31:02.117 UTC [4711] 23505 (shop@shop [local] my app)\tDETAIL:  Key (id)=(1) already exists.\n"
    "2026-11-27 22:31:02.117 UTC [4711] 23505 (shop@shop [local] my app)\tSTATEMENT:  INSERT INTO t\n"
    "\tVALUES (1)\n";

std::vector<std::string> messages(std::string_view text) {
  std::vector<std::string> all;
  for (const auto& part : parse_log(text)) all.push_back(part.entry.message);
  return all;
}

TEST(LogText, AnEntryIsAMessageWithAllThatBelongsToIt) {
  const auto parts = parse_log(kDuplicate);
  ASSERT_THAT(parts, SizeIs(1));
  const auto& entry = parts[0].entry;
  EXPECT_EQ(entry.time, "2026-11-27T22:31:02.117Z");
  EXPECT_EQ(entry.level, "ERROR");
  EXPECT_EQ(entry.pid, 4711);
  EXPECT_EQ(entry.sqlstate, "23505");
  EXPECT_EQ(entry.user + "|" + entry.database + "|" + entry.client + "|" + entry.application_name,
            "shop|shop|[local]|my app");
  EXPECT_EQ(entry.message, "duplicate key value");
  EXPECT_EQ(entry.detail, "Key (id)=(1) already exists.");
  EXPECT_EQ(entry.statement, "INSERT INTO t\nVALUES (1)");
}

TEST(LogText, ProcessesWithoutASessionAndOtherProgramsSpeakToo) {
  const auto parts = parse_log(
      "cp: cannot stat 'x'\n"
      "2026-11-27 22:31:02.117 UTC [12] 00000 LOG:  checkpoint starting: time\n"
      "2026-11-27 22:31:03.117 UTC [1] LOG:  starting PostgreSQL 17.12\n");
  ASSERT_THAT(parts, SizeIs(3));
  EXPECT_EQ(parts[0].entry.message, "cp: cannot stat 'x'");
  EXPECT_EQ(parts[0].entry.level, "");
  EXPECT_EQ(parts[0].entry.time, parts[1].entry.time);
  EXPECT_EQ(parts[1].entry.sqlstate, "");
  EXPECT_EQ(parts[1].entry.level, "LOG");
  EXPECT_EQ(parts[2].entry.message, "starting PostgreSQL 17.12");
}

TEST(LogText, NobodyPretendsToBeAnother) {
  // PostgreSQL lets no tab into an application_name.
  const auto honest = parse_log("2026-11-27 22:31:02.117 UTC [9] 00000 (a@b [local] x) PANIC:  no)\tLOG:  said\n");
  EXPECT_EQ(honest[0].entry.level, "LOG");
  EXPECT_EQ(honest[0].entry.application_name, "x) PANIC:  no");
  // Further lines of a message begin with a tab, whatever they say.
  EXPECT_THAT(messages("2026-11-27 22:31:02.117 UTC [9] 00000 (a@b [local] x)\tLOG:  one\n"
                       "\t2026-11-27 22:31:02.117 UTC [1] 00000 PANIC:  two\n"),
              ElementsAre("one\n2026-11-27 22:31:02.117 UTC [1] 00000 PANIC:  two"));
}

TEST(LogText, PasswordsAreLeftOutAndCannotBeLookedFor) {
  auto parts = parse_log(
      "2026-11-27 22:31:02.117 UTC [9] 42501 (a@b [local] x)\tERROR:  permission denied\n"
      "2026-11-27 22:31:02.117 UTC [9] 42501 (a@b [local] x)\tSTATEMENT:  ALTER ROLE b PASSWORD\n"
      "\t'hunter2'\n");
  ASSERT_THAT(parts, SizeIs(1));
  EXPECT_EQ(parts[0].entry.statement, "ALTER ROLE b PASSWORD ***");
  EXPECT_FALSE(matches(parts[0].entry, {.text = "hunter2"}));
  EXPECT_TRUE(matches(parts[0].entry, {.text = "alter role"}));
}

TEST(LogText, WhatHasNoBeginningOrNoEndIsLeftOut) {
  const std::string rest{kDuplicate.substr(kDuplicate.find('\n') + 1)};
  EXPECT_THAT(messages(rest), IsEmpty());
  EXPECT_THAT(messages("2026-11-27 22:31:02.117 UTC [9] 00000 LOG:  half"), IsEmpty());
  EXPECT_THAT(messages(""), IsEmpty());
  const std::string text = rest + "2026-11-27 22:31:02.117 UTC [4711] 00000 LOG:  whole\n";
  EXPECT_EQ(parse_log(text)[0].begin, rest.size());
}

TEST(LogText, LongTextsAreCut) {
  const auto long_one = "2026-11-27 22:31:02.117 UTC [9] 00000 LOG:  " + std::string(1'000'000, 'x') + "\n";
  EXPECT_LT(messages(long_one).at(0).size(), 20'000U);
}

TEST(LogText, LevelsAreInPostgresOrderForPeople) {
  LogEntry entry{.level = "WARNING"};
  EXPECT_TRUE(matches(entry, {.level = api::LogLevel::warning}));
  EXPECT_FALSE(matches(entry, {.level = api::LogLevel::error}));
  for (const auto* word : {"", "LOG", "NOTICE", "INFO"}) {
    entry.level = word;
    EXPECT_FALSE(matches(entry, {.level = api::LogLevel::warning})) << word;
    EXPECT_TRUE(matches(entry, {.level = api::LogLevel::log})) << word;
  }
}

class LogFiles : public testing::Test {
 protected:
  static std::string line(int number) {
    return fmt::format("2026-11-27 22:{:02}:{:02}.000 UTC [9] 00000 LOG:  number {}\n", number / 60 % 60, number % 60,
                       number);
  }
  // Written long ago: an entry that is being written is not told yet.
  void write(const std::string& name, const std::string& text, std::chrono::seconds ago = std::chrono::hours{1}) {
    ASSERT_TRUE(system::write_file_atomic(folder() / name, text, 0600));
    std::filesystem::last_write_time(folder() / name, std::filesystem::file_time_type::clock::now() - ago);
  }
  api::LogAnswer ask(const api::LogQuestion& question) {
    const auto answer = read_log(folder(), question);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(api::LogAnswer{});
  }
  static std::vector<std::string> told(const api::LogAnswer& answer) {
    std::vector<std::string> all;
    for (const auto& entry : answer.entries) all.push_back(entry.message);
    return all;
  }
  [[nodiscard]] const system::Path& folder() const { return folder_.path(); }

 private:
  system::TempDir folder_ = *system::TempDir::create(std::filesystem::temp_directory_path(), "pgbaton-log-");
};

TEST_F(LogFiles, TheNewestEntriesOfAllFilesComeOldestFirst) {
  write("postgresql-2026-11-27_220000.log", line(1) + line(2));
  write("postgresql-2026-11-27_230000.log", line(3));
  write("postgresql-Fri.log", line(4));
  write("other.txt", line(5));
  EXPECT_THAT(told(ask({})), ElementsAre("number 1", "number 2", "number 3"));
  const auto two = ask({.lines = 2});
  EXPECT_THAT(told(two), ElementsAre("number 2", "number 3"));
  EXPECT_TRUE(two.is_cut);
  const auto since = ask({.since = "2026-11-27T22:00:02.000Z"});
  EXPECT_THAT(told(since), ElementsAre("number 2", "number 3"));
  EXPECT_FALSE(since.is_cut);
}

TEST_F(LogFiles, ACursorGoesOnWhereTheAnswerEndedAlsoInTheNextFile) {
  write("postgresql-2026-11-27_220000.log", line(1));
  auto answer = ask({});
  EXPECT_THAT(told(answer), ElementsAre("number 1"));
  EXPECT_THAT(told(ask({.after = answer.cursor})), IsEmpty());
  write("postgresql-2026-11-27_220000.log", line(1) + line(2));
  write("postgresql-2026-11-27_230000.log", line(3) + "2026-11-27 22:00:04.000 UTC [9] 00000 LOG:  num");
  answer = ask({.after = answer.cursor});
  EXPECT_THAT(told(answer), ElementsAre("number 2", "number 3"));
  write("postgresql-2026-11-27_230000.log", line(3) + line(4));
  answer = ask({.after = answer.cursor});
  EXPECT_THAT(told(answer), ElementsAre("number 4"));
  std::filesystem::remove(folder() / "postgresql-2026-11-27_230000.log");
  write("postgresql-2026-11-28_000000.log", line(5));
  EXPECT_THAT(told(ask({.after = answer.cursor})), ElementsAre("number 5"));
}

TEST_F(LogFiles, AnEmptyLogHasACursorToo) {
  const auto answer = ask({});
  EXPECT_THAT(answer.entries, IsEmpty());
  write("postgresql-2026-11-27_220000.log", line(1));
  EXPECT_THAT(told(ask({.after = answer.cursor})), ElementsAre("number 1"));
}

TEST_F(LogFiles, ManyEntriesAreAskedForBitByBitAndNoneIsMissing) {
  std::string text;
  const auto filling = std::string(3'000, 'x');
  for (int number = 0; number < 2'000; ++number)
    text += fmt::format("2026-11-27 22:00:00.000 UTC [9] 00000 LOG:  {} {}\n", number, filling);
  write("postgresql-2026-11-27_220000.log", text.substr(0, text.size() / 2));
  write("postgresql-2026-11-27_220001.log", text.substr(text.size() / 2));
  const auto newest = ask({.lines = api::kMostLogEntries});
  EXPECT_TRUE(newest.is_cut);
  EXPECT_LT(newest.entries.size(), 700U);
  EXPECT_TRUE(newest.entries.back().message.starts_with("1999 "));
  int next = 0;
  api::LogAnswer answer{.cursor = "0:0", .is_cut = true};
  while (answer.is_cut) {
    answer = ask({.after = answer.cursor, .lines = 300});
    for (const auto& entry : answer.entries) {
      if (next == 1'000) ++next;  // cut in two by this test: its second half is of nobody
      ASSERT_TRUE(entry.message.starts_with(std::to_string(next) + " ") || entry.level.empty()) << next;
      if (!entry.level.empty()) ++next;
    }
  }
  EXPECT_EQ(next, 2'000);
}

TEST_F(LogFiles, WhatIsBeingWrittenIsToldWhenItIsWhole) {
  write("postgresql-2026-11-27_220000.log", line(1));
  const auto before = ask({});
  // As far in the future as a log that is written all the time.
  write("postgresql-2026-11-27_220000.log", line(1) + line(2), std::chrono::seconds{-60});
  const auto during = ask({.after = before.cursor});
  EXPECT_THAT(told(during), IsEmpty());
  write("postgresql-2026-11-27_220000.log", line(1) + line(2));
  EXPECT_THAT(told(ask({.after = during.cursor})), ElementsAre("number 2"));
}

TEST_F(LogFiles, CursorsAndNumbersThatMakeNoSenseAreRefused) {
  for (const auto* cursor : {"x", ":", "x:", "x:-1", "x:1y", "x:99999999999999999999999"})
    EXPECT_EQ(read_log(folder(), {.after = cursor}).error().code, Code::invalid_argument) << cursor;
  for (const int lines : {0, -1, 5'001})
    EXPECT_EQ(read_log(folder(), {.lines = lines}).error().code, Code::invalid_argument) << lines;
}

TEST_F(LogFiles, TheOldestAreRemovedWhenThereIsTooMuchOrTheyAreTooOld) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::time_point_cast<base::Millis>(std::chrono::system_clock::now());
  write("postgresql-2026-11-27_220000.log", std::string(600, 'x'), 3h);
  write("postgresql-Fri.log", std::string(300, 'x'), 2h);
  write("postgresql-2026-11-27_230000.log", std::string(500, 'x'), 1h);
  write("start.log", std::string(5'000, 'x'), 9h);
  prune_log(folder(), {.bytes = 1'000}, now);
  EXPECT_THAT(system::list_directory(folder()),
              ElementsAre("postgresql-2026-11-27_230000.log", "postgresql-Fri.log", "start.log"));
  prune_log(folder(), {.age = 2h}, now + 1h);
  EXPECT_THAT(system::list_directory(folder()), ElementsAre("postgresql-2026-11-27_230000.log", "start.log"));
  prune_log(folder(), {.bytes = 1, .age = 1h}, now + 24h);
  EXPECT_THAT(system::list_directory(folder()), ElementsAre("postgresql-2026-11-27_230000.log", "start.log"));
}

}  // namespace
}  // namespace pgbaton::postgres
