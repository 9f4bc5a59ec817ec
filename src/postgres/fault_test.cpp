// What is left behind by kill -9, and pids that belong to somebody else by now.
#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postgres/process.hpp"
#include "postgres/test_instance.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Millis;
using testing::HasSubstr;

/// A process of this user that has nothing to do with PostgreSQL, and ends with the object.
class Stranger {
 public:
  Stranger() : pid_(::fork()) {
    if (pid_ == 0) {
      ::pause();
      ::_exit(0);
    }
  }
  ~Stranger() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool lives() const { return ::waitpid(pid_, nullptr, WNOHANG) == 0; }

 private:
  pid_t pid_;
};

void kill_postmaster(const Spec& spec) {
  const auto postmaster = find_postmaster(spec.data());
  ASSERT_TRUE(postmaster);
  ASSERT_TRUE(postmaster->process.signal(SIGKILL));
  ASSERT_TRUE(postmaster->process.gone_by(soon()));
}

class Fault : public WithEngine {};

TEST_F(Fault, KilledPostmasterStartsAgainAtOnceAndRowsSurvive) {
  TestInstance instance{engine()};
  ASSERT_OK(instance.initialise_and_start());
  ASSERT_OK(instance.query("CREATE TABLE public.t AS SELECT 42 AS n"));
  auto idle = connect_as_platform(instance.spec, "postgres", soon());
  ASSERT_OK(idle);
  for (int times = 0; times < 3; ++times) {
    kill_postmaster(instance.spec);
    ASSERT_OK(start(instance.spec, soon()));
    EXPECT_EQ(instance.value("SELECT n FROM public.t"), "42");
  }
}

// A backend that computes does not notice that its postmaster has gone, and holds the shared memory.
TEST_F(Fault, KilledPostmastersBusyBackendIsEnded) {
  TestInstance instance{engine()};
  ASSERT_OK(instance.initialise_and_start());
  ASSERT_OK(instance.query("CREATE TABLE public.t AS SELECT 42 AS n"));
  auto busy = connect_as_platform(instance.spec, "postgres", soon());
  ASSERT_OK(busy);
  const auto backend = static_cast<pid_t>(std::stol(busy->query("SELECT pg_backend_pid()", soon()).value().single()));
  std::jthread computing{[&] {
    const auto result = busy->query("SELECT count(*) FROM pg_catalog.generate_series(1, 1000000000000)", soon());
    EXPECT_FALSE(result);
  }};
  const auto at_work = [&] {
    return instance.value(fmt::format("SELECT state FROM pg_stat_activity WHERE pid = {}", backend)) == "active";
  };
  for (const auto deadline = soon(); !at_work();) ASSERT_FALSE(deadline.passed());
  const auto process = Process::open(backend);
  ASSERT_TRUE(process);
  kill_postmaster(instance.spec);
  ASSERT_OK(start(instance.spec, soon()));
  EXPECT_TRUE(process->gone_by(soon()));
  EXPECT_EQ(instance.value("SELECT n FROM public.t"), "42");
}

TEST_F(Fault, StoppingAfterAKilledPostmasterLeavesNoProcessInTheData) {
  TestInstance instance{engine()};
  ASSERT_OK(instance.initialise_and_start());
  auto idle = connect_as_platform(instance.spec, "postgres", soon());
  ASSERT_OK(idle);
  kill_postmaster(instance.spec);
  ASSERT_OK(stop(instance.spec, StopMode::fast, soon()));
  EXPECT_TRUE(processes_of(instance.spec.data()).empty());
}

TEST_F(Fault, StaleLockFilesWhosePidNowIsAStrangersAreNeitherTrustedNorInTheWay) {
  TestInstance instance{engine()};
  ASSERT_OK(instance.initialise_and_start());
  kill_postmaster(instance.spec);
  const Stranger stranger;
  const auto lock_file = instance.spec.data() / "postmaster.pid";
  const auto socket_lock = instance.spec.socket_folder / fmt::format(".s.PGSQL.{}.lock", instance.spec.port);
  for (const auto& path : {lock_file, socket_lock}) {
    auto text = system::read_file(path);
    ASSERT_OK(text);
    text->replace(0, text->find('\n'), std::to_string(stranger.pid()));
    ASSERT_OK(system::write_file_atomic(path, *text, 0600));
  }
  EXPECT_EQ(status(instance.spec).state, InstanceState::stopped);
  ASSERT_OK(start(instance.spec, soon()));
  ASSERT_OK(instance.query("SELECT 1"));
  ASSERT_OK(stop(instance.spec, StopMode::fast, soon()));
  EXPECT_TRUE(stranger.lives());
}

TEST_F(Fault, AnotherInstanceOnTheSameSocketIsLeftAlone) {
  TestInstance first{engine()};
  TestInstance second{engine()};
  ASSERT_OK(first.initialise_and_start());
  ASSERT_OK(initialise(second.spec, soon()));
  second.spec.socket_folder = first.spec.socket_folder;
  second.spec.port = first.spec.port;
  second.spec.listen_addresses = {};
  const auto started = start(second.spec, soon());
  ASSERT_FALSE(started);
  EXPECT_EQ(status(first.spec).state, InstanceState::running);
  ASSERT_OK(first.query("SELECT 1"));
}

TEST_F(Fault, StatementThatTakesTooLongIsCancelledAndTheConnectionGoesOn) {
  TestInstance instance{engine()};
  ASSERT_OK(instance.initialise_and_start());
  auto connection = connect_as_platform(instance.spec, "postgres", soon());
  ASSERT_OK(connection);
  const auto slow = connection->query("SELECT pg_sleep(60)", Deadline::after(Millis{100}));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, base::Code::timed_out);
  EXPECT_EQ(connection->query("SELECT 7", soon()).value().single(), "7");
}

TEST_F(Fault, ConnectionToAStoppedInstanceIsUnreachable) {
  TestInstance instance{engine()};
  const auto connection = connect_as_platform(instance.spec, "postgres", soon());
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, base::Code::unreachable);
}

}  // namespace
}  // namespace pgbaton::postgres
