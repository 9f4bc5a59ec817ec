#include "postgres/pg_upgrade.hpp"

#include <gmock/gmock.h>

namespace pgbaton::postgres {
namespace {

using model::Transfer;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> arguments(int major, Transfer transfer, std::int64_t files = 100) {
  const Conversion conversion{.from = {.name = "shop_1", .folder = "/i", .bindir = "/15/bin"},
                              .to = {.name = "shop_1", .folder = "/i", .bindir = "/17/bin", .data_name = "data-17"},
                              .transfer = transfer};
  return upgrade_arguments({.conversion = conversion, .major = major, .sockets = "/s", .files = files, .jobs = 2});
}

TEST(PgUpgrade, GoesFromTheOldDirectoryIntoTheOneBesideIt) {
  const auto argv = arguments(17, Transfer::link);
  EXPECT_EQ(argv.front(), "/17/bin/pg_upgrade");
  EXPECT_THAT(argv, Contains("--old-datadir=/i/data"));
  EXPECT_THAT(argv, Contains("--new-datadir=/i/data-17"));
}

TEST(PgUpgrade, TransfersAsAsked) {
  EXPECT_THAT(arguments(17, Transfer::link), Contains("--link"));
  EXPECT_THAT(arguments(17, Transfer::clone), Contains("--clone"));
  EXPECT_THAT(arguments(17, Transfer::copy), Not(Contains("--copy")));  // 15 does not know the word
}

TEST(PgUpgrade, LeavesTheFlushToUsWhereItCan) {
  EXPECT_THAT(arguments(15, Transfer::link), Contains("--no-sync"));
  EXPECT_THAT(arguments(14, Transfer::link), Not(Contains("--no-sync")));
}

TEST(PgUpgrade, MakesRoomForTheLocksOfManyTables) {
  EXPECT_THAT(arguments(17, Transfer::link, 90'000), Contains(HasSubstr("max_locks_per_transaction=1500")));
  EXPECT_THAT(arguments(17, Transfer::link, 100), Contains(HasSubstr("max_locks_per_transaction=64")));
}

TEST(PgUpgradeOutput, HasAPhaseOnEachLineThatEndsWell) {
  EXPECT_EQ(phase_of("Linking user relation files                                   ok"),
            "Linking user relation files");
  EXPECT_EQ(phase_of("Performing Upgrade"), "");
  EXPECT_EQ(phase_of("*failure*"), "");
}

TEST(PgUpgradeOutput, NamesTheLogAndWhatItSays) {
  const auto folder = system::TempDir::create("/tmp", "pgbaton-test-");
  ASSERT_TRUE(folder);
  const auto log = folder->path() / "pg_upgrade_dump_5.log";
  ASSERT_TRUE(system::write_file_atomic(
      log, "fine\npg_restore: error: could not execute query: ERROR:  no such column\n", 0600));
  const auto why = why_upgrade_failed("Restoring database schemas\n*failure*\n\nConsult the last few lines of \"" +
                                          log.string() + "\" for the probable cause of the failure.\n",
                                      folder->path());
  EXPECT_THAT(why, HasSubstr("no such column"));
}

}  // namespace
}  // namespace pgbaton::postgres
