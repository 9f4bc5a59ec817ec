#include "postgres/live_check.hpp"

#include <gmock/gmock.h>

#include "postgres/conversion.hpp"
#include "postgres/test_instance.hpp"

namespace pgbaton::postgres {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A folder with the lists that pg_upgrade wrote.
class ListFolder {
 public:
  ListFolder() : folder_(system::TempDir::create("/tmp", "pgbaton test ").value()) {}
  void write(const char* name, std::string_view text) const {
    EXPECT_OK(system::write_file_atomic(path() / name, text, 0600));
  }
  [[nodiscard]] const system::Path& path() const { return folder_.path(); }

 private:
  system::TempDir folder_;
};

TEST(PgUpgradeComplaints, OneWithItsListAsUpTo16) {
  const ListFolder folder;
  folder.write("tables_using_composite.txt", "In database: shop\n  public.sysr.r\n");
  const auto said = R"(Performing Consistency Checks on Old Live Server
------------------------------------------------
Checking cluster versions                                   ok
Checking for system-defined composite types in user tables  fatal

Your installation contains system-defined composite type(s) in user tables.
These type OIDs are not stable across PostgreSQL versions,
so this cluster cannot currently be upgraded.  You can
drop the problem columns and restart the upgrade.
A list of the problem columns is in the file:
    tables_using_composite.txt

Failure, exiting
)";
  const auto found = complaints_in(said, folder.path());
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].kind, Rehearsed::refused);
  EXPECT_EQ(
      found[0].cause,
      "Your installation contains system-defined composite type(s) in user tables. These type OIDs are not stable "
      "across PostgreSQL versions, so this cluster cannot currently be upgraded.  You can drop the problem columns "
      "and restart the upgrade.");
  EXPECT_THAT(found[0].lines, ElementsAre("In database: shop", "public.sysr.r"));
}

TEST(PgUpgradeComplaints, SeveralAboutTypesAsFrom17On) {
  const ListFolder folder;
  folder.write("tables_using_reg.txt", "In database: shop\n  public.rr.r\n");
  folder.write("tables_using_aclitem.txt", "In database: shop\n  public.held.h\n");
  const auto said =
      fmt::format(R"(Checking data type usage         failed check: Checking for reg* data types in user tables
failed check: Checking for incompatible "aclitem" data type

Data type checks failed: 
Your installation contains one of the reg* data types in user tables.

A list of the problem columns is in the file:
    {0}/tables_using_reg.txt

Your installation contains the "aclitem" data type in user tables.

A list of the problem columns is in the file:
    {0}/tables_using_aclitem.txt

Failure, exiting
)",
                  folder.path().string());
  const auto found = complaints_in(said, folder.path());
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].cause, "Your installation contains one of the reg* data types in user tables.");
  EXPECT_THAT(found[0].lines, Contains("public.rr.r"));
  EXPECT_THAT(found[1].cause, HasSubstr("aclitem"));
  EXPECT_THAT(found[1].lines, Contains("public.held.h"));
}

TEST(PgUpgradeComplaints, OneWithoutAListAndOneThatSaysNothingOfTheDatabase) {
  const auto checksums =
      complaints_in("old cluster uses data checksums but the new one does not\nFailure, exiting\n", "/");
  ASSERT_THAT(checksums, SizeIs(1));
  EXPECT_EQ(checksums[0].kind, Rehearsed::refused);
  const auto alone =
      complaints_in("connection to server on socket \"/s\" failed: FATAL:  sorry\n\nFailure, exiting\n", "/");
  ASSERT_THAT(alone, SizeIs(1));
  EXPECT_EQ(alone[0].kind, Rehearsed::unchecked);
  EXPECT_THAT(complaints_in("Checking cluster versions   ok\n\n*Clusters are compatible*\n", "/"), IsEmpty());
}

/// Names of all files of a data directory but those that a server writes by itself.
std::vector<std::string> files_at_rest(const system::Path& data) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{data})
    if (const auto name = entry.path().string();
        !name.contains("/pg_wal/") && !name.contains("/pg_stat") && !name.ends_with("/pg_internal.init"))
      names.push_back(name);
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> added_to(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  std::vector<std::string> added;
  std::ranges::set_difference(now, before, std::back_inserter(added));
  return added;
}

class LiveCheck : public WithEngine {
 protected:
  static std::string causes(const std::vector<RehearsalFinding>& found) {
    std::string all;
    for (const auto& finding : found) all += finding.cause + "\n";
    return all;
  }

  static base::Result<std::vector<RehearsalFinding>> check(const TestInstance& live, const TestInstance& target) {
    const auto spec = TRY(fitted_to(live.spec, target.spec, soon()));
    TRY(system::make_directory(spec.socket_folder, 0700));
    TRY(initialise(spec, soon()));
    auto found = TRY(check_live(live.spec, spec, soon(), {}));
    TRY(system::remove_tree(spec.data()));
    return found;
  }
};

// A domain over a system table's row: nothing but pg_upgrade itself looks through domains.
TEST_F(LiveCheck, FindsOnEveryVersionWhatOnlyPgUpgradeKnowsAndLeavesTheOldServerAsItIs) {
  const auto engines = test_engines();
  if (engines.size() < 2) GTEST_SKIP() << "one major only";
  for (std::size_t at = 0; at + 1 < engines.size(); ++at) {
    SCOPED_TRACE(engines[at].string());
    TestInstance live{engines[at]};
    live.spec.wal_segment = {std::int64_t{1} << 20};
    live.spec.checksums = at % 2 == 0;
    const TestInstance target{engines[at + 1]};
    ASSERT_OK(live.initialise_and_start());
    ASSERT_OK(live.query("CREATE DOMAIN public.known AS pg_catalog.pg_class"));
    ASSERT_OK(live.query("CREATE TABLE public.held (it public.known)"));
    const auto files = files_at_rest(live.spec.data());
    const auto started = live.value("SELECT pg_postmaster_start_time()");
    const auto found = check(live, target);
    ASSERT_OK(found);
    ASSERT_THAT(*found, Not(IsEmpty()));  // from 15 to 17 it has an aclitem, too
    EXPECT_EQ(found->front().kind, Rehearsed::refused) << causes(*found);
    EXPECT_THAT(found->front().lines, Contains("public.held.it"));
    EXPECT_EQ(live.value("SELECT pg_postmaster_start_time()"), started);
    EXPECT_THAT(added_to(files, files_at_rest(live.spec.data())), IsEmpty());
    ASSERT_OK(live.query("DROP TABLE public.held"));
    const auto clean = check(live, target);
    ASSERT_OK(clean);
    for (const auto& finding : *clean) ADD_FAILURE() << finding.cause;
  }
}

// Whoever checks must not start what has just died.
TEST_F(LiveCheck, AServerThatDiesIsNotStarted) {
  const TestInstance live{test_engines().front()};
  const TestInstance target{engine()};
  if (live.spec.bindir == target.spec.bindir) GTEST_SKIP() << "one major only";
  ASSERT_OK(live.initialise_and_start());
  const auto lock_file = system::read_file(live.spec.data() / "postmaster.pid");
  ASSERT_OK(lock_file);
  ASSERT_OK(stop(live.spec, StopMode::immediate, soon()));
  ASSERT_OK(system::write_file_atomic(live.spec.data() / "postmaster.pid", *lock_file, 0600));
  const auto files = files_at_rest(live.spec.data());
  const auto found = check(live, target);
  ASSERT_OK(found);
  ASSERT_THAT(*found, SizeIs(1)) << causes(*found);
  EXPECT_EQ(found->front().kind, Rehearsed::unchecked) << causes(*found);
  EXPECT_THAT(added_to(files, files_at_rest(live.spec.data())), IsEmpty());
}

}  // namespace
}  // namespace pgbaton::postgres
