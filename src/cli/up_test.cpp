// What `up` and `down` do that needs no database: settings files, the supervisor's children, lock files of postmasters.
#include <thread>

#include <gmock/gmock.h>
#include <signal.h>

#include "base/text.hpp"
#include "cli/house.hpp"
#include "cli/postmasters.hpp"
#include "cli/supervisor.hpp"
#include "cli/up_files.hpp"
#include "system/child.hpp"
#include "system/process.hpp"
#include "system/toml_config.hpp"

namespace pgbaton::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Up : public testing::Test {
 protected:
  [[nodiscard]] House house(const std::string& listen) const {
    return {.settings = {.data = folder_.path(),
                         .engines = folder_.path() / "engines",
                         .listen = *system::parse_endpoint(listen),
                         .gateway_listen = {"0.0.0.0"},
                         .gateway_ports = "6001-6010"},
            .cgroup_refusal = "this \"host\" has none",
            .lock = *system::FileLock::try_acquire(folder_.path() / "lock")};
  }
  system::TempDir folder_ = *system::TempDir::create("/tmp", "pgbaton-up-test-");
};

TEST_F(Up, TheTokenIsMadeOnceAndOnlyItsOwnerReadsIt) {
  const auto first = write_up_files(house("127.0.0.1:8432"), "host");
  ASSERT_TRUE(first) << first.error().message;
  const auto token = system::read_file(folder_.path() / "token");
  ASSERT_TRUE(write_up_files(house("127.0.0.1:8432"), "host"));
  EXPECT_EQ(system::read_file(folder_.path() / "token"), token);
  EXPECT_GE(base::trim(*token).size(), 40U);
  EXPECT_EQ(std::filesystem::status(folder_.path() / "token").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(Up, TheSettingsFilesAreReadBackAsTheyWereMeant) {
  const auto files = write_up_files(house("127.0.0.1:8432"), "host");
  ASSERT_TRUE(files);
  const auto server =
      system::TomlConfig::read(files->server.config, {"data", "listen", "certificate", "key", "agent", "gateway",
                                                      "gateway_host", "gateway_ports", "catalog", "auto_release"});
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(server->text("agent"), "unix:" + agent_socket(folder_.path()).string());
  EXPECT_EQ(server->text("certificate"), "");
  EXPECT_TRUE(server->flag("auto_release", false));
  EXPECT_EQ(server->text("gateway"), "unix:" + gateway_socket(folder_.path()).string());
  const auto gateway = system::TomlConfig::read(files->gateway.config, {"data", "socket", "listen"});
  ASSERT_TRUE(gateway) << gateway.error().message;
  EXPECT_EQ(server->text("gateway_host"), "host");
  EXPECT_EQ(gateway->list("listen"), std::vector<std::string>{"0.0.0.0"});
  EXPECT_EQ(gateway->text("socket"), gateway_socket(folder_.path()).string());
  const auto agent = system::TomlConfig::read(
      files->agent.config, {"data", "engines", "socket", "catalog", "cgroup", "cgroup_refusal", "superuser_os_users",
                            "address", "backups", "backup_store", "backup_store_key", "backup_store_secret"});
  ASSERT_TRUE(agent) << agent.error().message;
  EXPECT_EQ(agent->text("cgroup_refusal"), "this \"host\" has none");
  EXPECT_THAT(agent->list("superuser_os_users"), testing::Contains("root"));
}

TEST_F(Up, BeyondLoopbackTheServerGetsACertificate) {
  const auto files = write_up_files(house("0.0.0.0:8432"), "db1.example");
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "tls" / "ca.crt"));
  EXPECT_THAT(*system::read_file(files->server.config), HasSubstr("server.crt"));
}

TEST(AgentSocket, GoesToAShortFolderWhereThePathWouldNotFit) {
  EXPECT_EQ(agent_socket("/srv/pg"), "/srv/pg/run/agent.sock");
  const auto socket = agent_socket("/srv/" + std::string(120, 'x'));
  EXPECT_LT(socket.string().size(), 100U);
  EXPECT_EQ(socket, agent_socket("/srv/" + std::string(120, 'x')));
}

Part part(const char* name, std::vector<std::string> argv, const system::Path& log) {
  return {name, std::move(argv), log};
}

TEST_F(Up, AChildThatIsKilledIsStartedAgainAndAllEndWithTheSupervisor) {
  Supervisor supervisor{{part("one", {"sleep", "1000"}, folder_.path() / "log")}};
  std::vector<pid_t> seen;
  bool ready = false;
  const auto result =
      supervisor.run({.is_ready = [] { return true; },
                      .on_ready = [&] { ready = true; },
                      .on_children =
                          [&](const std::vector<pid_t>& children) {
                            ASSERT_EQ(children.size(), 1U);
                            seen.push_back(children[0]);
                            // First the child is killed, then, once it is back, we are asked to end.
                            ::kill(seen.size() == 1 ? children[0] : ::getpid(), seen.size() == 1 ? SIGKILL : SIGTERM);
                          }});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(ready);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_NE(seen[0], seen[1]);
  for (const auto pid : seen) EXPECT_FALSE(system::is_running(pid));
}

TEST_F(Up, APartThatNeverStartsIsAnErrorWithItsLastWords) {
  const auto log = folder_.path() / "log";
  ASSERT_TRUE(system::write_file_atomic(log, "{\"level\":\"error\",\"message\":\"the store is damaged\"}\n", 0600));
  Supervisor supervisor{{part("server", {"false"}, log)}};
  const auto result =
      supervisor.run({.is_ready = [] { return false; }, .on_ready = [] {}, .on_children = [](const auto&) {}});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("the server does not start: the store is damaged"));
  EXPECT_THAT(result.error().remedy, HasSubstr(log.string()));
}

// Something that works in a data directory and whose number stands in its lock file, as a postmaster's does.
class Postmasters : public Up {
 protected:
  void SetUp() override {
    data_ = folder_.path() / "instances" / "shop-1" / "data";
    ASSERT_TRUE(system::make_directory(data_, 0700));
  }
  void TearDown() override {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }
  void start(const system::Path& directory) {
    pid_ = *system::spawn_detached({.argv = {"sleep", "1000"}, .directory = directory}, folder_.path() / "log");
    ASSERT_TRUE(
        system::write_file_atomic(data_ / "postmaster.pid", fmt::format("{}\n{}\n", pid_, data_.string()), 0600));
  }
  system::Path data_;
  pid_t pid_ = -1;
};

TEST_F(Postmasters, ARunningOneIsStopped) {
  start(data_);
  const auto stopped = stop_postmasters(folder_.path() / "instances", base::Deadline::after(std::chrono::seconds{10}));
  ASSERT_TRUE(stopped) << stopped.error().message;
  EXPECT_THAT(*stopped, ElementsAre("shop-1"));
  EXPECT_FALSE(system::is_running(pid_));
}

TEST_F(Postmasters, AProcessThatOnlyHasTheNumberOfADeadOneIsLeftAlone) {
  start("/tmp");
  EXPECT_THAT(find_postmasters(folder_.path() / "instances"), IsEmpty());
  EXPECT_TRUE(system::is_running(pid_));
}

TEST_F(Postmasters, OneThatDoesNotStopIsNamedAtTheDeadline) {
  pid_ = *system::spawn_detached({.argv = {"env", "--ignore-signal=INT", "sleep", "1000"}, .directory = data_},
                                 folder_.path() / "log");
  ASSERT_TRUE(system::write_file_atomic(data_ / "postmaster.pid", fmt::format("{}\n", pid_), 0600));
  // Until env has become sleep the signal is not ignored yet.
  const auto deadline = base::Deadline::after(std::chrono::seconds{10});
  while (system::read_file(fmt::format("/proc/{}/comm", pid_)) != "sleep\n" && !deadline.passed())
    std::this_thread::yield();
  const auto stopped = stop_postmasters(folder_.path() / "instances", base::Deadline::after(base::Millis{300}));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, base::Code::timed_out);
  EXPECT_THAT(stopped.error().message, HasSubstr("shop-1"));
}

class TakeHouse : public testing::Test {
 protected:
  [[nodiscard]] Environment environment() const {
    return {.runtime_dir = folder_.path() / "run", .uid = ::geteuid(), .system_run_folder = "/nonexistent"};
  }
  [[nodiscard]] UpSettings settings() const {
    return {.data = folder_.path() / "data",
            .engines = folder_.path() / "data" / "engines",
            .listen = {"127.0.0.1", 1},
            .user = "root"};
  }
  system::TempDir folder_ = *system::TempDir::create("/tmp", "pgbaton-up-test-");
};

TEST_F(TakeHouse, AFolderWithOtherFilesIsRefusedAndLeftAsItIs) {
  ASSERT_TRUE(system::make_directory(folder_.path() / "data", 0755));
  ASSERT_TRUE(system::write_file_atomic(folder_.path() / "data" / "thesis.txt", "x", 0644));
  const auto house = take_house(settings(), environment());
  ASSERT_FALSE(house);
  EXPECT_EQ(house.error().code, base::Code::refused);
  EXPECT_THAT(system::list_directory(folder_.path() / "data"), ElementsAre("thesis.txt"));
}

}  // namespace
}  // namespace pgbaton::cli
