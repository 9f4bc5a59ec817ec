#include <gtest/gtest.h>

#include "agent/jobs.hpp"

namespace pgbaton::agent {
namespace {

using api::JobKind;
using api::JobState;
using base::Code;
using base::Json;

class AgentTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    store_ = *store::open_sqlite((folder_.path() / "journal.db").string());
    journal_.emplace(*store_);
  }
  static api::JobRequest request(const std::string& id, std::int64_t generation) {
    return {.id = id,
            .kind = JobKind::destroy_instance,
            .database = "shop",
            .generation = {generation},
            .parameters = Json(api::InstanceName{"shop_1"})};
  }
  api::Job run(Jobs& jobs, const api::JobRequest& wanted) {
    const auto deadline = base::Deadline::after(std::chrono::seconds{20});
    auto job = jobs.submit(wanted).value();
    while (job.state == JobState::running && !deadline.passed()) job = jobs.wait(wanted.id, deadline).value();
    return job;
  }
  system::TempDir folder_ = *system::TempDir::create(std::filesystem::temp_directory_path(), "pgbaton-agent-");
  std::unique_ptr<store::Store> store_;
  std::optional<Journal> journal_;
};

TEST(LeaseReach, IsCountedFromTheClockThatIsRepeated) {
  EXPECT_EQ(reach_of("boot 1000", "boot", 1500), 1000 + api::kLease.count());
  EXPECT_EQ(reach_of("boot 1000", "boot", 900'000), 1000 + api::kLease.count()) << "however late it comes";
  EXPECT_EQ(reach_of("boot 1000", "another", 1500), std::nullopt);
  EXPECT_EQ(reach_of("boot 2000", "boot", 1500), std::nullopt) << "before the host was started anew";
  for (const auto* nonsense : {"", "boot", "boot ", "boot x", "boot 12x"})
    EXPECT_EQ(reach_of(nonsense, "boot", 1500), std::nullopt) << nonsense;
}

TEST_F(AgentTest, LeasesOutliveTheirAgent) {
  ASSERT_TRUE(system::make_directory(folder_.path() / "agent", 0700));
  const Config config{.data = folder_.path()};
  {
    Leases leases{config};
    EXPECT_FALSE(leases.holds("shop_1"));
    EXPECT_FALSE(leases.renew({"", {"shop_1"}}).clock.empty());
    EXPECT_FALSE(leases.holds("shop_1")) << "a renewal that repeats no clock prolongs nothing";
    const auto clock = leases.renew({}).clock;
    std::ignore = leases.renew({clock, {"shop_1"}});
    EXPECT_TRUE(leases.holds("shop_1"));
    EXPECT_FALSE(leases.holds("shop_2"));
  }
  EXPECT_TRUE(Leases{config}.holds("shop_1"));
}

TEST_F(AgentTest, AcceptsAJobOfOneIdOnce) {
  EXPECT_TRUE(journal_->accept(request("a", 1))->is_new);
  EXPECT_FALSE(journal_->accept(request("a", 1))->is_new);
}

TEST_F(AgentTest, RefusesAnOlderGenerationAlsoAfterARestart) {
  ASSERT_TRUE(journal_->accept(request("a", 5)));
  open();
  EXPECT_EQ(journal_->accept(request("b", 4)).error().code, Code::stale_generation);
  EXPECT_TRUE(journal_->accept(request("c", 5)));
  EXPECT_TRUE(journal_->accept(request("d", 6)));
}

TEST_F(AgentTest, AJobThatWaitedIsStaleWhenANewerDriverSpokeMeanwhile) {
  ASSERT_TRUE(journal_->accept(request("a", 1)));
  ASSERT_TRUE(journal_->accept(request("b", 2)));
  EXPECT_EQ(journal_->check_generation(request("a", 1)).error().code, Code::stale_generation);
}

TEST_F(AgentTest, CallsJobsInterruptedThatItDiedIn) {
  ASSERT_TRUE(journal_->accept(request("a", 1)));
  open();
  ASSERT_TRUE(journal_->recover());
  EXPECT_EQ((*journal_->job("a"))->state, JobState::interrupted);
}

TEST_F(AgentTest, RunsAJobToItsEndAndRemembersIt) {
  const Config config{.data = folder_.path(), .engines = folder_.path() / "engines"};
  Instances instances{config, *journal_};
  const std::vector<engine::Source> sources;
  Jobs jobs{config, *journal_, instances, sources};
  EXPECT_EQ(run(jobs, request("gone", 1)).state, JobState::finished);  // there is nothing to destroy: done
  jobs.stop();  // told first, kept then: the journal has it when the job's thread has ended
  EXPECT_EQ((*journal_->job("gone"))->state, JobState::finished);
}

TEST_F(AgentTest, AJobThatFailsSaysWhy) {
  const Config config{.data = folder_.path(), .engines = folder_.path() / "engines"};
  Instances instances{config, *journal_};
  const std::vector<engine::Source> sources;
  Jobs jobs{config, *journal_, instances, sources};
  auto wanted = request("start", 1);
  wanted.kind = JobKind::start_instance;
  const auto job = run(jobs, wanted);
  EXPECT_EQ(job.state, JobState::failed);
  EXPECT_EQ(job.problem.at("code"), "not-found");
  jobs.stop();
}

}  // namespace
}  // namespace pgbaton::agent
