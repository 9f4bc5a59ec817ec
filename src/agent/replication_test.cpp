// Jobs of replication with real PostgreSQL: what each leaves, also when the agent is killed in the middle of it.
#include <csignal>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/jobs.hpp"
#include "agent/questions.hpp"
#include "engine/folder.hpp"
#include "postgres/platform.hpp"
#include "postgres/process.hpp"
#include "postgres/standby.hpp"
#include "postgres/test_instance.hpp"
#include "system/user.hpp"

namespace pgbaton::agent {
namespace {

using api::JobKind;
using api::JobState;
using base::Json;

// Before anything passes a failpoint: it looks for the variable once. Root makes it, for whom root becomes then.
const system::TempDir& failpoints() {
  static const auto folder = [] {
    auto made = system::TempDir::create("/tmp", "pgbaton-fp-").value();
    std::filesystem::permissions(made.path(), std::filesystem::perms::all);
    return made;
  }();
  return folder;
}
[[maybe_unused]] const int kFailpointsAreNamed = ::setenv("PGBATON_FAILPOINTS", failpoints().path().c_str(), 1);

/// A primary shop_1 and its standby shop_2 on one agent.
class ReplicationJobs : public testing::Test {
 protected:
  void SetUp() override {
    const char* engines = std::getenv("PGBATON_TEST_ENGINES");
    const auto installed = engine::installed(engine::Folder{engines == nullptr ? "/nonexistent" : engines});
    if (installed.empty()) GTEST_SKIP() << postgres::kNoEngine;
    engine_ = installed.back().id;
    config_ = {.data = folder_.path(),
               .engines = engines,
               .socket = folder_.path() / "run" / "agent.sock",
               .superuser_os_users = {system::current_user().name}};
    ASSERT_OK(system::make_directory(folder_.path() / "run", 0700));
    ASSERT_OK(system::make_directory(folder_.path() / "agent", 0700));
    open();
  }
  void TearDown() override {
    if (!instances_) return;
    const auto all = journal_->instances().value();
    for (const auto& instance : all)
      static_cast<void>(postgres::stop(spec(instance.name), postgres::StopMode::immediate, postgres::soon()));
    close();
  }
  void open() {
    store_ = *store::open_sqlite((folder_.path() / "agent" / "journal.db").string());
    journal_.emplace(*store_);
    ASSERT_OK(journal_->recover());
    instances_.emplace(config_, *journal_);
    jobs_.emplace(config_, *journal_, *instances_, sources_);
  }
  void close() {
    jobs_->stop();
    jobs_.reset();
    instances_.reset();
    journal_.reset();
    store_.reset();
  }

  api::Job run(JobKind kind, const Json& parameters) {
    static int number = 0;
    const api::JobRequest request{.id = fmt::format("job-{}-{}", ::getpid(), ++number),
                                  .kind = kind,
                                  .database = "shop",
                                  .generation = {1},
                                  .parameters = parameters};
    auto job = jobs_->submit(request).value();
    const auto deadline = postgres::soon();
    while (job.state == JobState::running && !deadline.passed()) job = jobs_->wait(request.id, deadline).value();
    EXPECT_EQ(job.state, JobState::finished) << to_string(kind) << ": " << job.problem.dump();
    return job;
  }
  /// The job in an agent of its own, which is killed where the failpoint is.
  void run_and_be_killed_at(const std::string& place, JobKind kind, const Json& parameters) {
    const auto file = failpoints().path() / place;
    std::ofstream{file.string() + ".armed"};
    close();
    const pid_t child = ::fork();
    if (child == 0) {
      open();
      run(kind, parameters);
      ::_exit(0);
    }
    const auto is_there = [&] { return std::filesystem::exists(file.string() + ".hit"); };
    for (const auto deadline = postgres::soon(); !is_there();) ASSERT_FALSE(deadline.passed()) << place;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::filesystem::remove(file.string() + ".hit");
    open();
  }

  [[nodiscard]] postgres::Spec spec(const std::string& name) const {
    return instances_->spec_of(instances_->find(name).value()).value();
  }
  [[nodiscard]] std::string value(const std::string& name, const std::string& sql) const {
    auto connection = postgres::connect_as_platform(spec(name), "postgres", postgres::soon());
    if (!connection) return connection.error().message;
    const auto rows = connection->query(sql, postgres::soon());
    return rows ? rows->single() : rows.error().message;
  }
  void execute(const std::string& name, const std::string& sql) const {
    auto connection = postgres::connect_as_platform(spec(name), "postgres", postgres::soon());
    ASSERT_OK(connection);
    ASSERT_OK(connection->execute(sql, postgres::soon()));
  }
  [[nodiscard]] std::string rows(const std::string& name) const {
    return value(name, "SELECT string_agg(n::text, ' ' ORDER BY n) FROM public.t");
  }
  [[nodiscard]] bool comes_to_have(const std::string& name, const std::string& expected) const {
    for (const auto deadline = postgres::soon(); rows(name) != expected;)
      if (deadline.passed()) return false;
    return true;
  }
  [[nodiscard]] api::ReplicationStatus status(const std::string& name) const {
    return answer_replication(*instances_, name).value();
  }
  [[nodiscard]] bool runs(const std::string& name) const {
    return postgres::status(spec(name)).state == postgres::InstanceState::running;
  }
  void kill_postmaster(const std::string& name) const {
    const auto postmaster = postgres::find_postmaster(spec(name).data());
    ASSERT_TRUE(postmaster && postmaster->process.signal(SIGKILL));
    ASSERT_TRUE(postmaster->process.gone_by(postgres::soon()));
  }

  int port(const std::string& name) { return ports_.try_emplace(name, postgres::free_port()).first->second; }
  api::CreateInstance created(const std::string& name) {
    return {.instance = name, .engine = engine_, .memory = {std::int64_t{512} << 20}, .port = port(name)};
  }
  static api::ReplicationSettings settings(const std::string& standby, std::int64_t restart_after_ms = 0) {
    return {.listen_address = "127.0.0.1",
            .peers = {"127.0.0.1"},
            .password = base::Secret{"secret"},
            .slots = {standby},
            .restart_after_ms = restart_after_ms};
  }
  Json standby() { return api::CreateStandby{created("shop_2"), upstream("shop_1", "shop_2"), settings("shop_1")}; }
  api::Upstream upstream(const std::string& primary, const std::string& standby_name) {
    return {.address = "127.0.0.1", .port = port(primary), .password = base::Secret{"secret"}, .slot = standby_name};
  }
  Json rejoined(const std::string& name, const std::string& primary) {
    return api::RejoinInstance{name, engine_, upstream(primary, name), settings(primary)};
  }
  std::string method_of(const api::Job& job) {
    return job.result.value("method", "") + ": " + job.result.value("reason", "");
  }

  void begin_primary() {
    run(JobKind::create_instance, created("shop_1"));
    run(JobKind::configure_replication, api::ConfigureReplication{"shop_1", settings("shop_2")});
    run(JobKind::start_instance, api::StartInstance{"shop_1", engine_});
    const auto answer = run(JobKind::configure_replication, api::ConfigureReplication{"shop_1", settings("shop_2")});
    EXPECT_EQ(answer.result.at("needs_restart"), false);
    execute("shop_1", "CREATE TABLE public.t (n int)");
  }
  void begin() {
    begin_primary();
    run(JobKind::create_standby, standby());
    run(JobKind::start_instance, api::StartInstance{"shop_2", engine_});
    execute("shop_1", "INSERT INTO public.t VALUES (1)");
    ASSERT_TRUE(comes_to_have("shop_2", "1")) << rows("shop_2");
  }
  void fail_over() {
    run(JobKind::fence_instance, api::InstanceName{"shop_1"});
    run(JobKind::promote_instance, api::PromoteInstance{"shop_2", {}});
    run(JobKind::configure_replication, api::ConfigureReplication{"shop_2", settings("shop_1")});
    execute("shop_2", "INSERT INTO public.t VALUES (2)");
  }

  system::TempDir folder_ = *system::TempDir::create("/tmp", "pgbaton-agent-");
  Config config_;
  model::EngineId engine_;
  std::map<std::string, int> ports_;
  std::unique_ptr<store::Store> store_;
  std::optional<Journal> journal_;
  std::optional<Instances> instances_;
  const std::vector<engine::Source> sources_;
  std::optional<Jobs> jobs_;
};

TEST_F(ReplicationJobs, AFencedPrimaryComesBackAsTheStandbyOfTheNewOne) {
  begin();
  run(JobKind::ready_instance, api::InstanceName{"shop_1"});
  run(JobKind::ready_instance, api::InstanceName{"shop_2"});
  fail_over();
  EXPECT_FALSE(runs("shop_1"));
  EXPECT_EQ(instances_->find("shop_1")->desired, "stopped");
  EXPECT_EQ(method_of(run(JobKind::rejoin_instance, rejoined("shop_1", "shop_2"))), "followed: ");
  EXPECT_TRUE(comes_to_have("shop_1", "1 2")) << rows("shop_1");
  EXPECT_EQ(status("shop_1").timeline, 2);
  EXPECT_EQ(value("shop_2", "SHOW wal_recycle"), "on");
  // And again: it streams already, and goes on doing so.
  EXPECT_EQ(method_of(run(JobKind::rejoin_instance, rejoined("shop_1", "shop_2"))), "followed: ");
}

// Its agent died in between: a session may have gone on for a moment, so that nobody knows where its log ends.
TEST_F(ReplicationJobs, AHalfCutOffPrimaryHasNoKnownEndAndIsStartedAgain) {
  begin();
  auto instance = instances_->find("shop_1").value();
  instance.desired = "stopped";
  instance.fenced = api::LogEnd{};
  ASSERT_OK(journal_->put(instance));
  ::kill(postgres::status(spec("shop_1")).pid, SIGSTOP);
  for (const auto deadline = postgres::soon(); !postgres::is_half_cut_off(spec("shop_1"));)
    ASSERT_FALSE(deadline.passed());
  const auto deadline = postgres::soon();
  const api::JobRequest request{"again", JobKind::fence_instance, "shop", {1}, api::FenceInstance{"shop_1", "shop_2"}};
  auto job = jobs_->submit(request).value();
  while (job.state == JobState::running && !deadline.passed()) job = jobs_->wait(request.id, deadline).value();
  EXPECT_EQ(job.problem.value("code", ""), "failed") << job.problem.dump();
  EXPECT_FALSE(runs("shop_1"));
  EXPECT_FALSE(instances_->find("shop_1")->fenced);
  run(JobKind::start_instance, api::StartInstance{"shop_1", engine_});
  EXPECT_EQ(rows("shop_1"), "1");
}

TEST_F(ReplicationJobs, WhatIsFencedTheKeeperLetsBe) {
  begin();
  instances_->begin_keeping();
  run(JobKind::fence_instance, api::InstanceName{"shop_1"});
  kill_postmaster("shop_2");
  for (const auto deadline = postgres::soon(); !runs("shop_2");) ASSERT_FALSE(deadline.passed());
  EXPECT_FALSE(runs("shop_1"));
  instances_->end_keeping();
}

TEST_F(ReplicationJobs, TheKeeperWaitsForAFenceAsLongAsItIsTold) {
  begin();
  constexpr std::int64_t kHour = 3'600'000;
  run(JobKind::configure_replication, api::ConfigureReplication{"shop_1", settings("shop_2", kHour)});
  kill_postmaster("shop_1");
  kill_postmaster("shop_2");
  instances_->begin_keeping();
  for (const auto deadline = postgres::soon(); !runs("shop_2");) ASSERT_FALSE(deadline.passed());
  EXPECT_FALSE(runs("shop_1"));  // looked at before the other
  instances_->end_keeping();
}

TEST_F(ReplicationJobs, ARunningPrimaryIsNotMadeAStandby) {
  begin();
  const auto deadline = postgres::soon();
  const api::JobRequest request{"refused", JobKind::rejoin_instance, "shop", {1}, rejoined("shop_1", "shop_2")};
  auto job = jobs_->submit(request).value();
  while (job.state == JobState::running && !deadline.passed()) job = jobs_->wait(request.id, deadline).value();
  EXPECT_EQ(job.problem.value("code", ""), "refused") << job.problem.dump();
  EXPECT_EQ(rows("shop_1"), "1");
}

TEST_F(ReplicationJobs, AKilledBaseBackupIsDoneAgain) {
  begin_primary();
  run_and_be_killed_at("postgres.base_backup.done", JobKind::create_standby, standby());
  EXPECT_FALSE(postgres::is_initialised(spec("shop_2")));
  run(JobKind::create_standby, standby());
  run(JobKind::start_instance, api::StartInstance{"shop_2", engine_});
  EXPECT_TRUE(status("shop_2").in_recovery);
}

TEST_F(ReplicationJobs, APromotionWhoseAgentWasKilledIsFoundDone) {
  begin();
  run(JobKind::fence_instance, api::InstanceName{"shop_1"});
  run_and_be_killed_at("postgres.promote.asked", JobKind::promote_instance, api::PromoteInstance{"shop_2", {}});
  const auto job = run(JobKind::promote_instance, api::PromoteInstance{"shop_2", {}});
  EXPECT_EQ(job.result.value("timeline", 0), 2);
  EXPECT_EQ(status("shop_2").slots.size(), 1U);
}

// As by an agent that was killed when it had asked: between the look and the question, recovery ends.
TEST_F(ReplicationJobs, APromotionThatEndsWhileItIsAskedForIsFoundDone) {
  begin();
  run(JobKind::fence_instance, api::InstanceName{"shop_1"});
  const auto file = (failpoints().path() / "postgres.promote.looked").string();
  std::ofstream{file + ".armed"};
  std::jthread meanwhile{[&] {
    const auto is_there = [&] { return std::filesystem::exists(file + ".hit"); };
    for (const auto deadline = postgres::soon(); !is_there();) ASSERT_FALSE(deadline.passed());
    EXPECT_EQ(value("shop_2", "SELECT pg_promote(true)"), "t");
    std::filesystem::remove(file + ".hit");
  }};
  const auto job = run(JobKind::promote_instance, api::PromoteInstance{"shop_2", {}});
  EXPECT_EQ(job.result.value("timeline", 0), 2);
}

TEST_F(ReplicationJobs, AKilledRewindIsNotStartedAndEndsInANewBackup) {
  begin();
  run(JobKind::ready_instance, api::InstanceName{"shop_1"});
  fail_over();
  run(JobKind::start_instance, api::StartInstance{"shop_1", engine_});
  execute("shop_1", "INSERT INTO public.t VALUES (666)");
  run(JobKind::fence_instance, api::InstanceName{"shop_1"});
  run_and_be_killed_at("postgres.rewind.marked", JobKind::rejoin_instance, rejoined("shop_1", "shop_2"));
  EXPECT_EQ(instances_->find("shop_1")->desired, "stopped");
  EXPECT_FALSE(postgres::start(spec("shop_1"), postgres::soon()));
  EXPECT_EQ(method_of(run(JobKind::rejoin_instance, rejoined("shop_1", "shop_2"))),
            "rebuilt: an earlier rewind was interrupted");
  EXPECT_TRUE(comes_to_have("shop_1", "1 2")) << rows("shop_1");
}

// As a failover without the last of the log: what was committed there alone is counted.
TEST_F(ReplicationJobs, WhatAnOldPrimaryHadAloneIsTold) {
  begin();
  fail_over();
  run(JobKind::start_instance, api::StartInstance{"shop_1", engine_});
  for (const auto* row : {"3", "4"}) execute("shop_1", fmt::format("INSERT INTO public.t VALUES ({})", row));
  run(JobKind::fence_instance, api::FenceInstance{"shop_1", ""});
  const auto job = run(JobKind::rejoin_instance, rejoined("shop_1", "shop_2"));
  const auto answer = base::convert<api::RejoinAnswer>(job.result);
  ASSERT_OK(answer);
  ASSERT_TRUE(answer->tail) << job.result.dump();
  EXPECT_EQ(answer->tail->commits, 2) << job.result.dump();
  EXPECT_GT(answer->tail->to, answer->tail->from);
  EXPECT_TRUE(comes_to_have("shop_1", "1 2")) << rows("shop_1");
}

// Acknowledged before it is on any disk: an immediate stop would lose it.
TEST_F(ReplicationJobs, AFenceForAnHeirWaitsForAsynchronousCommitsToo) {
  begin();
  execute("shop_1", "SET synchronous_commit = off; INSERT INTO public.t VALUES (2)");
  const auto fenced = run(JobKind::fence_instance, api::FenceInstance{"shop_1", "shop_2"});
  const auto answer = base::convert<api::FenceAnswer>(fenced.result);
  ASSERT_OK(answer);
  ASSERT_TRUE(answer->end);
  EXPECT_FALSE(runs("shop_1"));
  run(JobKind::promote_instance, api::PromoteInstance{"shop_2", answer->end->position});
  EXPECT_EQ(rows("shop_2"), "1 2");
  // Asked once more it says the same.
  const auto again =
      base::convert<api::FenceAnswer>(run(JobKind::fence_instance, api::FenceInstance{"shop_1", "shop_2"}).result);
  ASSERT_OK(again);
  EXPECT_EQ(again->end->position, answer->end->position);
}

// As a switchover does it that goes back: the candidate is stopped on a timeline that nobody wants.
TEST_F(ReplicationJobs, APromotionThatIsTakenBackIsRewound) {
  begin();
  fail_over();
  run(JobKind::fence_instance, api::InstanceName{"shop_2"});
  run(JobKind::start_instance, api::StartInstance{"shop_1", engine_});
  execute("shop_1", "INSERT INTO public.t VALUES (3)");
  const auto job = run(JobKind::rejoin_instance, rejoined("shop_2", "shop_1"));
  const auto method = method_of(job);
  EXPECT_TRUE(method.starts_with("rewound: ")) << method;
  EXPECT_TRUE(comes_to_have("shop_2", "1 3")) << rows("shop_2");
  execute("shop_1", "INSERT INTO public.t VALUES (4)");
  EXPECT_TRUE(comes_to_have("shop_2", "1 3 4")) << rows("shop_2");
}

}  // namespace
}  // namespace pgbaton::agent
