// One instance's life on a real engine.
#include "postgres/instance.hpp"

#include <csignal>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postgres/configure.hpp"
#include "postgres/control_data.hpp"
#include "postgres/test_instance.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Deadline;
using base::Millis;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// Prints how long something took, for people who compare machines.
class Stopwatch {
 public:
  void lap(const char* what) {
    const auto now = std::chrono::steady_clock::now();
    const auto took = std::chrono::duration_cast<Millis>(now - since_);
    std::printf("    %-12s %s\n", what, base::humanise(took).c_str());
    since_ = std::chrono::steady_clock::now();
  }

 private:
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

class EveryEngine : public testing::TestWithParam<system::Path> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EveryEngine);
INSTANTIATE_TEST_SUITE_P(Of, EveryEngine, testing::ValuesIn(test_engines()), [](const auto& engine) {
  const auto version = version_of_engine(engine.param);
  return version ? fmt::format("{}_{}_{}", version->major, version->minor, engine.index) : std::to_string(engine.index);
});

TEST_P(EveryEngine, InitialisesStartsAnswersStopsAndStartsAgain) {
  TestInstance instance{GetParam()};
  Stopwatch watch;
  ASSERT_OK(initialise(instance.spec, soon()));
  watch.lap("initialise");
  ASSERT_OK(start(instance.spec, soon()));
  watch.lap("first start");
  auto connection = connect_as_platform(instance.spec, "postgres", soon());
  ASSERT_OK(connection);
  watch.lap("connect");
  EXPECT_EQ(connection->server_version(), version_of_engine(GetParam()));
  EXPECT_EQ(status(instance.spec).state, InstanceState::running);
  EXPECT_EQ(status(instance.spec).bindir, std::filesystem::canonical(GetParam()).string());
  for (const auto mode : {StopMode::fast, StopMode::immediate}) {
    watch.lap("look");
    ASSERT_OK(stop(instance.spec, mode, soon()));
    watch.lap(to_string(mode).data());
    EXPECT_EQ(status(instance.spec).state, InstanceState::stopped);
    ASSERT_OK(start(instance.spec, soon()));
    watch.lap("start");
  }
}

// A setting that this major does not know, or refuses, would be in pg_file_settings with an error.
TEST_P(EveryEngine, TakesEverySettingAndRuleAsWritten) {
  TestInstance instance{GetParam()};
  ASSERT_OK(instance.initialise_and_start());
  EXPECT_EQ(instance.value("SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL"), "0");
  EXPECT_EQ(instance.value("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL"), "0");
  EXPECT_EQ(instance.value("SHOW max_connections"), "60");
  EXPECT_EQ(instance.value("SHOW data_checksums"), "on");
  EXPECT_EQ(instance.value("SHOW server_encoding"), "UTF8");
  const auto control = control_data(instance.spec.bindir, instance.spec.data(), soon());
  ASSERT_OK(control);
  EXPECT_EQ(control->cluster_state, ClusterState::in_production);
  EXPECT_EQ(control->checksum_version, 1);
}

TEST_P(EveryEngine, MakesDatabasesWithEachLocaleProviderThatItsMajorHas) {
  const auto version = version_of_engine(GetParam());
  ASSERT_OK(version);
  for (const auto& [provider, name] :
       {std::pair{model::LocaleProvider::icu, "en-US"}, std::pair{model::LocaleProvider::builtin, "C.UTF-8"}}) {
    TestInstance instance{GetParam()};
    instance.spec.locale = {.provider = provider, .name = name};
    const auto made = initialise(instance.spec, soon());
    const bool known = version->major >= (provider == model::LocaleProvider::icu ? 15 : 17);
    ASSERT_EQ(made.has_value(), known) << (made ? "" : made.error().message);
    if (made) continue;
    EXPECT_EQ(made.error().code, Code::refused);
    EXPECT_FALSE(is_initialised(instance.spec));
  }
}

class Instance : public WithEngine {};

TEST_F(Instance, EachStepMayBeRepeated) {
  TestInstance instance{engine()};
  ASSERT_OK(stop(instance.spec, StopMode::fast, soon()));
  ASSERT_OK(initialise(instance.spec, soon()));
  const auto identifier = control_data(engine(), instance.spec.data(), soon())->system_identifier;
  ASSERT_OK(initialise(instance.spec, soon()));
  EXPECT_EQ(control_data(engine(), instance.spec.data(), soon())->system_identifier, identifier);
  ASSERT_OK(start(instance.spec, soon()));
  const auto pid = status(instance.spec).pid;
  ASSERT_OK(start(instance.spec, soon()));
  EXPECT_EQ(status(instance.spec).pid, pid);
  ASSERT_OK(stop(instance.spec, StopMode::fast, soon()));
  ASSERT_OK(stop(instance.spec, StopMode::fast, soon()));
  ASSERT_OK(destroy(instance.spec, soon()));
  ASSERT_OK(destroy(instance.spec, soon()));
  EXPECT_FALSE(std::filesystem::exists(instance.spec.folder));
}

TEST_F(Instance, CutOffItIsGoneAndStartsAgainWithWhatWasCommitted) {
  TestInstance instance{engine()};
  ASSERT_OK(instance.initialise_and_start());
  ASSERT_OK(instance.query("CREATE TABLE public.t AS SELECT 1 AS n"));
  const auto before = status(instance.spec);
  ASSERT_OK(cut_off(instance.spec, soon()));
  EXPECT_EQ(status(instance.spec).state, InstanceState::stopped);
  EXPECT_FALSE(is_half_cut_off(instance.spec));
  ASSERT_OK(cut_off(instance.spec, soon()));
  ASSERT_OK(start(instance.spec, soon()));
  EXPECT_NE(status(instance.spec).pid, before.pid);
  EXPECT_EQ(instance.value("SELECT n FROM public.t"), "1");
}

TEST_F(Instance, AHalfCutOffServerIsKnownAndCutOff) {
  TestInstance instance{engine()};
  ASSERT_OK(instance.initialise_and_start());
  EXPECT_FALSE(is_half_cut_off(instance.spec));
  ::kill(status(instance.spec).pid, SIGSTOP);
  for (const auto deadline = soon(); !is_half_cut_off(instance.spec);) ASSERT_FALSE(deadline.passed());
  ASSERT_OK(stop(instance.spec, StopMode::immediate, soon()));
  EXPECT_TRUE(processes_of(instance.spec.data()).empty());
  ASSERT_OK(start(instance.spec, soon()));
}

TEST_F(Instance, ConfigureChangesFilesOnlyWhenTheSpecChanged) {
  TestInstance instance{engine()};
  ASSERT_OK(instance.initialise_and_start());
  EXPECT_EQ(configure(instance.spec), false);
  instance.spec.memory = {std::int64_t{1} << 30};
  EXPECT_EQ(configure(instance.spec), true);
  ASSERT_OK(reload(instance.spec));
  ASSERT_OK(stop(instance.spec, StopMode::fast, soon()));
  ASSERT_OK(start(instance.spec, soon()));
  EXPECT_EQ(instance.value("SHOW shared_buffers"), "256MB");
}

// The child's initdb is left running, as it is when an agent is killed.
TEST_F(Instance, KilledInitialisationLeavesNothingHalfMade) {
  TestInstance instance{engine()};
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(initialise(instance.spec, soon()));
    ::_exit(0);
  }
  const auto begun = [&] {
    for (const auto& name : system::list_directory(instance.spec.folder))
      if (std::filesystem::exists(instance.spec.folder / name / "global" / "pg_control")) return true;
    return false;
  };
  for (const auto deadline = soon(); !begun();) ASSERT_FALSE(deadline.passed());
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  ASSERT_TRUE(WIFSIGNALED(how));
  EXPECT_FALSE(is_initialised(instance.spec));
  ASSERT_OK(instance.initialise_and_start());
  EXPECT_THAT(system::list_directory(instance.spec.folder), UnorderedElementsAre("data", "lock", "log", "tls"));
}

TEST_F(Instance, FailedInitdbSaysWhyAndLeavesNothing) {
  TestInstance instance{engine()};
  instance.spec.locale.name = "xx_XX.nowhere";
  const auto made = initialise(instance.spec, soon());
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("invalid locale"));
  EXPECT_THAT(system::list_directory(instance.spec.folder), UnorderedElementsAre("lock", "tls"));
}

TEST_F(Instance, StopsWithClientsConnectedAndASmartStopWaitsForThem) {
  TestInstance instance{engine()};
  ASSERT_OK(instance.initialise_and_start());
  auto client = connect_as_platform(instance.spec, "postgres", soon());
  ASSERT_OK(client);
  const auto smart = stop(instance.spec, StopMode::smart, Deadline::after(Millis{300}));
  ASSERT_FALSE(smart);
  EXPECT_EQ(smart.error().code, Code::timed_out);
  ASSERT_OK(client->query("SELECT 1", soon()));
  ASSERT_OK(stop(instance.spec, StopMode::fast, soon()));
  const auto after = client->query("SELECT 1", soon());
  ASSERT_FALSE(after);
  EXPECT_EQ(status(instance.spec).state, InstanceState::stopped);
}

TEST_F(Instance, PortInUseIsSaidInOneSentence) {
  TestInstance instance{engine()};
  const Listener somebody;
  instance.spec.port = somebody.port();
  ASSERT_OK(initialise(instance.spec, soon()));
  const auto started = start(instance.spec, soon());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::refused);
  EXPECT_EQ(started.error().message,
            fmt::format("shop-1 did not start: port {} of 127.0.0.1 is in use by another program", somebody.port()));
  EXPECT_EQ(status(instance.spec).state, InstanceState::stopped);
}

TEST_F(Instance, SettingThatTheEngineRefusesIsQuotedFromItsLog) {
  TestInstance instance{engine()};
  ASSERT_OK(initialise(instance.spec, soon()));
  ASSERT_OK(system::write_file_atomic(instance.spec.data() / "postgresql.auto.conf", "no_such_thing = 1\n", 0600));
  const auto started = start(instance.spec, soon());
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("has a setting that its engine refuses"));
  EXPECT_THAT(started.error().message, HasSubstr("unrecognized configuration parameter \"no_such_thing\""));
}

// Said after the logging collector has taken over: it is in another file, and written when the server has gone already.
TEST_F(Instance, WhatTheLoggingCollectorWroteLastIsInTheError) {
  TestInstance instance{engine()};
  ASSERT_OK(initialise(instance.spec, soon()));
  ASSERT_OK(system::remove_tree(instance.spec.data() / "pg_wal"));
  ASSERT_OK(system::make_directory(instance.spec.data() / "pg_wal", 0700));
  const auto started = start(instance.spec, soon());
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("lacks the WAL that it needs"));
}

TEST_F(Instance, DataOfAnotherMajorAreNotStartedAndTheErrorNamesBoth) {
  const auto engines = test_engines();
  const auto oldest = engines.front();
  if (version_of_engine(oldest)->major == version_of_engine(engine())->major) GTEST_SKIP() << "only one major here";
  TestInstance instance{oldest};
  ASSERT_OK(initialise(instance.spec, soon()));
  instance.spec.bindir = engine();
  const auto started = start(instance.spec, soon());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::refused);
  EXPECT_THAT(started.error().message,
              HasSubstr(fmt::format("its data are of PostgreSQL {}", version_of_engine(oldest)->major)));
}

TEST_F(Instance, IsNotTakenOverByAnotherEngineWhileItRuns) {
  TestInstance instance{engine()};
  ASSERT_OK(instance.initialise_and_start());
  auto other = instance.spec;
  other.bindir = "/another/bin";
  const auto started = start(other, soon());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::refused);
  EXPECT_THAT(started.error().message, HasSubstr("runs already with the engine in"));
}

TEST_F(Instance, SocketPathThatIsTooLongIsRefusedInWords) {
  TestInstance instance{engine()};
  ASSERT_OK(initialise(instance.spec, soon()));
  instance.spec.socket_folder /= std::string(100, 's');
  EXPECT_THAT(start(instance.spec, soon()).error().message, HasSubstr("more than 107 characters"));
}

}  // namespace
}  // namespace pgbaton::postgres
