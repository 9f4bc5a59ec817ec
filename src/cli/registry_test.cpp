#include "cli/registry.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "cli/api.hpp"
#include "cli/up_settings.hpp"
#include "system/process.hpp"

namespace pgbaton::cli {
namespace {

using testing::HasSubstr;

Candidate candidate(std::string data, bool usable) {
  return {{.server = "http://127.0.0.1:8432", .data = std::move(data)}, usable};
}

TEST(Choose, TheOnlyUsableOneIsTaken) {
  const auto chosen = choose({candidate("/a", false), candidate("/b", true)});
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->data, "/b");
}

TEST(Choose, NoneIsUnreachableAndSaysHowToStartOne) {
  const auto chosen = choose({});
  ASSERT_FALSE(chosen);
  EXPECT_EQ(base::traits(chosen.error().code).exit_status, 6);
  EXPECT_THAT(chosen.error().remedy, HasSubstr("pgbaton up"));
}

TEST(Choose, SeveralAreNamedAndAreAMistakeOfTheCommand) {
  const auto chosen = choose({candidate("/a", true), candidate("/b", true)});
  ASSERT_FALSE(chosen);
  EXPECT_EQ(base::traits(chosen.error().code).exit_status, 2);
  EXPECT_THAT(chosen.error().message, HasSubstr("/a"));
  EXPECT_THAT(chosen.error().message, HasSubstr("/b"));
  EXPECT_THAT(chosen.error().remedy, HasSubstr("PGBATON_SERVER"));
}

TEST(Choose, OneThatOnlyItsOwnerMayUseIsNamed) {
  const auto chosen = choose({candidate("/a", false)});
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code, base::Code::unauthorized);
  EXPECT_THAT(chosen.error().message, HasSubstr("/a"));
}

class Registry : public testing::Test {
 protected:
  [[nodiscard]] Environment environment() const {
    return {.runtime_dir = folder_.path() / "own",
            .uid = ::geteuid() == 0 ? 4711U : ::geteuid(),
            .system_run_folder = folder_.path() / "system"};
  }
  [[nodiscard]] Registration mine(const std::string& data) const {
    return {.server = "http://127.0.0.1:9",
            .token_file = folder_.path() / "token",
            .data = data,
            .pid = ::getpid(),
            .pid_start = *system::process_start(::getpid())};
  }
  system::TempDir folder_ = *system::TempDir::create("/tmp", "pgbaton-cli-test-");
};

TEST_F(Registry, ARunningOneIsFoundUntilItIsRemoved) {
  const auto folder = environment().run_folders().back();
  ASSERT_TRUE(add_registration(folder, mine("/d")));
  ASSERT_EQ(living_registrations(environment()).size(), 1U);
  EXPECT_EQ(living_registrations(environment())[0].data, "/d");
  remove_registration(folder, mine("/d"));
  EXPECT_TRUE(living_registrations(environment()).empty());
}

TEST_F(Registry, AProcessNumberThatWasGivenOutAgainIsNotTakenForTheOldOne) {
  const auto folder = environment().run_folders().back();
  auto other = mine("/d");
  ++other.pid_start;
  ASSERT_TRUE(add_registration(folder, other));
  EXPECT_TRUE(living_registrations(environment()).empty());
  // The next one to register sweeps it away.
  ASSERT_TRUE(add_registration(folder, mine("/e")));
  EXPECT_EQ(system::list_directory(folder).size(), 1U);
}

TEST_F(Registry, AFolderThatOthersCanWriteToIsNotBelieved) {
  const auto folder = environment().run_folders().back();
  ASSERT_TRUE(add_registration(folder, mine("/d")));
  ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
  EXPECT_TRUE(living_registrations(environment()).empty());
}

TEST_F(Registry, AnAddressWithoutATokenBorrowsThatOfTheRunningOne) {
  ASSERT_TRUE(system::write_file_atomic(folder_.path() / "token", "secret\n", 0600));
  ASSERT_TRUE(add_registration(environment().run_folders().back(), mine("/d")));
  auto surroundings = environment();
  surroundings.server = "http://127.0.0.1:9";
  const auto api = Api::find({}, surroundings);
  ASSERT_TRUE(api);
  EXPECT_EQ(api->target().token.reveal(), "secret");
}

TEST_F(Registry, AFolderNamedOnTheCommandLineWinsOverTheEnvironment) {
  ASSERT_TRUE(system::write_file_atomic(folder_.path() / "token", "secret\n", 0600));
  ASSERT_TRUE(add_registration(environment().run_folders().back(), mine("/d")));
  auto surroundings = environment();
  surroundings.server = "http://elsewhere:1";
  Options options;
  options.data = "/d";
  const auto api = Api::find(options, surroundings);
  ASSERT_TRUE(api);
  EXPECT_EQ(api->target().endpoint.host, "127.0.0.1");
  options.data = "/not-there";
  EXPECT_EQ(Api::find(options, surroundings).error().code, base::Code::unreachable);
}

TEST(UpSettings, BeyondLoopbackIsTls) {
  const Environment user{.home = "/home/ada", .uid = 1000};
  Options options;
  auto settings = resolve(options, user);
  ASSERT_TRUE(settings);
  EXPECT_EQ(local_url(*settings), "http://127.0.0.1:8432");
  EXPECT_EQ(settings->data, "/home/ada/.local/state/pgbaton");
  EXPECT_EQ(settings->engines, "/home/ada/.local/state/pgbaton/engines");
  options.listen = "0.0.0.0:9000";
  settings = resolve(options, user);
  ASSERT_TRUE(settings);
  EXPECT_EQ(local_url(*settings), "https://127.0.0.1:9000");
  EXPECT_EQ(public_url(*settings, "db1"), "https://db1:9000");
}

TEST(UpSettings, RootBecomesAnOrdinaryUserAndNobodyElseBecomesAnybody) {
  Options options;
  EXPECT_EQ(resolve(options, {.uid = 0})->user, "pgbaton");
  EXPECT_EQ(resolve(options, {.uid = 0})->data, "/var/lib/pgbaton");
  options.user = "root";
  EXPECT_EQ(resolve(options, {.uid = 0}).error().code, base::Code::invalid_argument);
  options.user = "ada";
  EXPECT_EQ(resolve(options, {.home = "/home/eve", .uid = 1000}).error().code, base::Code::refused);
}

}  // namespace
}  // namespace pgbaton::cli
