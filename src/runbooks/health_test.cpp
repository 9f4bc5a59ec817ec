#include "runbooks/health.hpp"

#include <gtest/gtest.h>

#include "runbooks/place.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Lsn;
using base::Millis;
using model::Node;
using model::Role;

model::Database cluster(model::Replication replication = model::Replication::asynchronous) {
  model::Database database{.name = "shop", .replication = replication};
  database.nodes = {{.name = "shop_1", .role = Role::primary},
                    {.name = "shop_2", .role = Role::standby},
                    {.name = "shop_3", .role = Role::standby}};
  return database;
}

Observed seen(const Node& node, std::optional<api::ReplicationStatus> status) { return {node, std::move(status)}; }

api::ReplicationStatus primary_at(std::uint64_t position) {
  api::ReplicationStatus status{.is_running = true, .position = Lsn{position}};
  for (const auto* name : {"shop_2", "shop_3"}) {
    status.replicas.push_back({.name = name, .state = "streaming", .sync_state = "async"});
    status.slots.push_back({.name = name, .kind = "physical", .active = true, .wal_status = "reserved"});
  }
  return status;
}

api::ReplicationStatus standby_at(std::uint64_t position, bool streams = true) {
  return {.is_running = true, .in_recovery = true, .position = Lsn{position}, .is_streaming = streams};
}

std::vector<Observed> all_well() {
  const auto nodes = cluster().nodes;
  return {seen(nodes[0], primary_at(100)), seen(nodes[1], standby_at(90)), seen(nodes[2], standby_at(100))};
}

TEST(Candidate, IsTheStreamingStandbyWithMostOfTheLog) {
  auto all = all_well();
  EXPECT_EQ(best_standby(all)->node.name, "shop_3");
  all[2].status->is_streaming = false;
  EXPECT_EQ(best_standby(all)->node.name, "shop_2");
  EXPECT_EQ(most_advanced(all)->node.name, "shop_3");
  all[1].status.reset();
  EXPECT_EQ(best_standby(all), nullptr);
}

TEST(Lag, IsWhatTheStandbyHasNotOnItsDisk) {
  const auto all = all_well();
  EXPECT_EQ(lag_of(all[0], all[1]).count, 10);
  EXPECT_EQ(lag_of(all[0], all[2]).count, 0);
}

class Watched : public testing::Test {
 protected:
  void after(Millis duration, const std::vector<Observed>& all) {
    now_ += duration;
    note_health(ailments_, all, now_);
  }
  [[nodiscard]] Need need(const model::Database& database) const { return judge(database, ailments_, now_).need; }

  Steady::time_point now_;
  Ailments ailments_;
};

TEST_F(Watched, NothingIsDoneWhileAllAreWell) {
  after(Millis{0}, all_well());
  after(Millis{60'000}, all_well());
  EXPECT_EQ(need(cluster()), Need::nothing);
}

TEST_F(Watched, ALostPrimaryIsReplacedAfterItsGrace) {
  auto all = all_well();
  all[0].status = api::ReplicationStatus{};
  after(Millis{0}, all);
  after(Millis{1'500}, all);
  EXPECT_EQ(need(cluster()), Need::nothing);
  EXPECT_EQ(need(cluster(model::Replication::synchronous)), Need::failover);
  after(Millis{4'000}, all);
  EXPECT_EQ(need(cluster()), Need::failover);
}

TEST_F(Watched, APrimaryThatIsBackIsWell) {
  auto all = all_well();
  all[0].status = api::ReplicationStatus{};
  after(Millis{0}, all);
  after(Millis{4'000}, all_well());
  after(Millis{4'000}, all);
  EXPECT_EQ(need(cluster()), Need::nothing);
}

TEST_F(Watched, APrimaryWhoseAgentIsAwayMayBeInService) {
  auto all = all_well();
  all[0].status.reset();
  after(Millis{0}, all);
  after(Millis{600'000}, all);
  EXPECT_EQ(need(cluster(model::Replication::synchronous)), Need::nothing);
}

TEST_F(Watched, APrimaryThatNobodyHearsOfIsGone) {
  auto all = all_well();
  all[0].status.reset();
  all[1].status->is_streaming = false;
  after(Millis{0}, all);
  after(Millis{60'000}, all);
  EXPECT_EQ(need(cluster()), Need::nothing) << "one standby still hears of it";
  all[2].status.reset();
  after(Millis{0}, all);
  EXPECT_EQ(need(cluster()), Need::nothing);
  after(Millis{1'500}, all);
  EXPECT_EQ(need(cluster()), Need::failover);
  EXPECT_EQ(judge(cluster(), ailments_, now_).node, "shop_1");
}

TEST_F(Watched, ADatabaseOfWhichNothingIsSeenIsLeftAlone) {
  auto all = all_well();
  for (auto& one : all) one.status.reset();
  after(Millis{0}, all);
  after(Millis{60'000}, all);
  EXPECT_EQ(need(cluster()), Need::nothing) << "it is we who see nothing";
}

TEST(LeaseBook, GrantsWhatIsNotRevoked) {
  LeaseBook book;
  const auto now = LeaseBook::Steady::now();
  EXPECT_EQ(book.grant({"a_1", "b_1"}, now), (std::vector<std::string>{"a_1", "b_1"}));
  book.revoke("a_1");
  EXPECT_EQ(book.grant({"a_1", "b_1"}, now + Millis{500}), std::vector<std::string>{"b_1"});
  EXPECT_EQ(book.stopped_by("a_1"), now + api::kLease + api::kLeaseSlack);
  EXPECT_EQ(book.stopped_by("b_1"), now + Millis{500} + api::kLease + api::kLeaseSlack);
  book.allow("a_1");
  EXPECT_EQ(book.grant({"a_1"}, now).size(), 1U);
}

TEST(LeaseBook, TakesItAfterAStartThatEverythingWasGrantedJustThen) {
  const auto before = LeaseBook::Steady::now();
  const LeaseBook book;
  EXPECT_GE(book.stopped_by("a_1"), before + api::kLease + api::kLeaseSlack);
}

TEST_F(Watched, AStandbyThatDoesNotReplicateIsRepairedUnlessThePrimaryIsAway) {
  auto all = all_well();
  all[1].status = standby_at(50, false);
  after(Millis{0}, all);
  after(Millis{12'000}, all);
  EXPECT_EQ(judge(cluster(), ailments_, now_).node, "shop_2");
  EXPECT_EQ(need(cluster()), Need::repair);
  all[0].status.reset();
  after(Millis{12'000}, all);
  EXPECT_EQ(need(cluster()), Need::nothing);
}

TEST(Trouble, IsSeenFromBothSides) {
  auto all = all_well();
  auto& primary = *all[0].status;
  const auto trouble = [&] { return trouble_of(all[1], all[0]); };
  EXPECT_EQ(trouble(), Trouble::none);
  EXPECT_EQ(sync_state_of(all[1], all[0]), "async");
  primary.slots[0].wal_status = "unreserved";
  EXPECT_EQ(trouble(), Trouble::slot_at_risk);
  EXPECT_EQ(health_of(all[1], all[0]), Health::well);
  primary.replicas.erase(primary.replicas.begin());
  EXPECT_EQ(trouble(), Trouble::not_sent);  // whatever it says of itself
  EXPECT_EQ(health_of(all[1], all[0]), Health::ill);
  all[1].status->is_streaming = false;
  EXPECT_EQ(trouble(), Trouble::not_streaming);
  primary.slots[0].wal_status = "lost";
  EXPECT_EQ(trouble(), Trouble::slot_lost);
  primary.slots.erase(primary.slots.begin());
  EXPECT_EQ(trouble(), Trouble::slot_missing);
  all[0].status.reset();
  EXPECT_EQ(trouble(), Trouble::not_streaming);  // only one side is seen
}

TEST_F(Watched, AStandbyThatItsPrimaryDoesNotKnowIsRepaired) {
  auto all = all_well();
  all[0].status->replicas.pop_back();
  after(Millis{0}, all);
  after(Millis{12'000}, all);
  EXPECT_EQ(judge(cluster(), ailments_, now_).node, "shop_3");
}

TEST(Place, PrefersAHostWithoutANodeOfTheDatabaseThenTheEmptiest) {
  const std::map<std::string, int> counts{{"a", 3}, {"b", 1}, {"c", 2}};
  EXPECT_EQ(hosts_by_preference(counts, {}), (std::vector<std::string>{"b", "c", "a"}));
  const std::vector<Node> present{{.name = "shop_1", .host = "b"}, {.name = "shop_2", .host = "c"}};
  EXPECT_EQ(hosts_by_preference(counts, present), (std::vector<std::string>{"a", "b", "c"}));
}

}  // namespace
}  // namespace pgbaton::runbooks
