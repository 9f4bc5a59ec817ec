// Replication between two real instances of each engine.
#include "postgres/half_made.hpp"
#include "postgres/test_pair.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using testing::HasSubstr;
using testing::IsEmpty;

class Replication : public testing::TestWithParam<system::Path> {
 protected:
  Pair pair_{GetParam()};
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Replication);
INSTANTIATE_TEST_SUITE_P(Of, Replication, testing::ValuesIn(test_engines()), [](const auto& engine) {
  const auto version = version_of_engine(engine.param);
  return version ? fmt::format("{}_{}_{}", version->major, version->minor, engine.index) : std::to_string(engine.index);
});

TEST_P(Replication, ABackupStreamsAndIsWhatItsPrimaryIs) {
  ASSERT_OK(pair_.begin());
  ASSERT_OK(pair_.first.query("INSERT INTO public.t VALUES (1)"));
  EXPECT_TRUE(comes_true([&] { return Pair::rows(pair_.second) == "1"; }));
  EXPECT_EQ(pair_.second.value("SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL"), "0");
  EXPECT_EQ(pair_.second.value("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL"), "0");
  EXPECT_EQ(pair_.second.value("SELECT count(*) FROM pg_settings WHERE setting LIKE '%it''s a%'"), "0");
  const auto primary = replication_status(pair_.first.spec, soon());
  ASSERT_OK(primary);
  EXPECT_FALSE(primary->in_recovery);
  EXPECT_EQ(primary->timeline, 1);
  EXPECT_EQ(primary->foreign_sessions, 0);
  ASSERT_EQ(primary->replicas.size(), 1U);
  EXPECT_EQ(primary->replicas[0].name, "shop_2");
  EXPECT_EQ(primary->replicas[0].state, "streaming");
  ASSERT_EQ(primary->slots.size(), 1U);
  EXPECT_TRUE(primary->slots[0].active);
  const auto standby = replication_status(pair_.second.spec, soon());
  ASSERT_OK(standby);
  EXPECT_TRUE(standby->in_recovery && standby->is_streaming);
  EXPECT_EQ(standby->system_identifier, primary->system_identifier);
  EXPECT_THAT(standby->slots, IsEmpty());
}

// A switchover is not refused because of one: it ends with its server, and is taken anew.
TEST_P(Replication, ABackupUnderWayIsNoForeignSession) {
  ASSERT_OK(pair_.begin());
  auto session = connect_as_platform(pair_.first.spec, "postgres", soon());
  ASSERT_OK(session);
  ASSERT_OK(session->execute("SET application_name = 'pgBackRest [backup]'", soon()));
  EXPECT_EQ(replication_status(pair_.first.spec, soon())->foreign_sessions, 0);
  EXPECT_OK(await_heir(pair_.first.spec, "shop_2", soon()));
  ASSERT_OK(session->execute("SET application_name = 'psql'", soon()));
  EXPECT_EQ(replication_status(pair_.first.spec, soon())->foreign_sessions, 1);
  EXPECT_FALSE(await_heir(pair_.first.spec, "shop_2", soon()));
}

TEST_P(Replication, OnlyPeersComeByTcpAndOnlyToReplicate) {
  ASSERT_OK(pair_.begin());
  ASSERT_OK(provision(pair_.first.spec, {"shop", "shop", base::Secret{"secret"}}, soon()));
  auto owner = pair_.first.over_tcp("shop", "secret");
  owner.database = "shop";
  EXPECT_THAT(Connection::open(owner, soon()).error().message, HasSubstr("pg_hba.conf rejects"));
  owner.host = pair_.first.spec.socket_folder;
  EXPECT_OK(Connection::open(owner, soon()));
  auto role = pair_.first.over_tcp(std::string{kReplicationRole}, "it's a:b\\c");
  EXPECT_OK(Connection::open(role, soon()));
  role.sslmode = "disable";
  EXPECT_FALSE(Connection::open(role, soon()));
}

TEST_P(Replication, AFencedPrimaryFollowsAsItIs) {
  ASSERT_OK(pair_.begin());
  ASSERT_OK(pair_.first.query("INSERT INTO public.t VALUES (1)"));
  const auto promoted = pair_.switch_over();
  ASSERT_OK(promoted);
  std::printf("    promoted in %lld ms\n", static_cast<long long>(promoted->duration_ms));
  EXPECT_EQ(promoted->timeline, 2);
  ASSERT_OK(pair_.second.query("INSERT INTO public.t VALUES (2)"));
  Pair::point(pair_.first, pair_.second);
  EXPECT_EQ(plan_rejoin(pair_.first.spec, soon()), RejoinPlan{});
  ASSERT_OK(mark_as_standby(pair_.first.spec));
  ASSERT_OK(start(pair_.first.spec, soon()));
  ASSERT_OK(wait_until_streaming(pair_.first.spec, soon()));
  EXPECT_TRUE(comes_true([&] { return Pair::rows(pair_.first) == "1 2"; }));
  EXPECT_EQ(replication_status(pair_.first.spec, soon())->timeline, 2);
}

TEST_P(Replication, OnePromotedAlreadyIsPromotedAndOneThatLacksLogIsNot) {
  ASSERT_OK(pair_.begin());
  const auto far = promote(pair_.second.spec, {~0ULL}, soon());
  ASSERT_FALSE(far);
  EXPECT_EQ(far.error().code, Code::refused);
  const auto promoted = pair_.switch_over();
  ASSERT_OK(promoted);
  const auto again = promote(pair_.second.spec, {}, soon());
  ASSERT_OK(again);
  EXPECT_EQ(again->position, promoted->position);
  EXPECT_EQ(again->timeline, promoted->timeline);
}

TEST_P(Replication, APrimaryThatWentItsOwnWayIsRewoundAndLosesOnlyThat) {
  ASSERT_OK(pair_.begin());
  ASSERT_OK(pair_.first.query("INSERT INTO public.t VALUES (1)"));
  ASSERT_OK(pair_.switch_over());
  ASSERT_OK(pair_.second.query("INSERT INTO public.t VALUES (2)"));
  ASSERT_OK(start(pair_.first.spec, soon()));
  ASSERT_OK(pair_.first.query("INSERT INTO public.t VALUES (666)"));
  ASSERT_OK(stop(pair_.first.spec, StopMode::immediate, soon()));
  Pair::point(pair_.first, pair_.second);
  const auto plan = plan_rejoin(pair_.first.spec, soon());
  ASSERT_OK(plan);
  EXPECT_EQ(plan->method, Rejoin::rewound) << plan->reason;
  ASSERT_OK(rewind_standby(pair_.first.spec, soon()));
  EXPECT_FALSE(is_half_rewound(pair_.first.spec));
  ASSERT_OK(start(pair_.first.spec, soon()));
  ASSERT_OK(wait_until_streaming(pair_.first.spec, soon()));
  EXPECT_TRUE(comes_true([&] { return Pair::rows(pair_.first) == "1 2"; }));
}

TEST_P(Replication, AStandbyWhoseLogIsGoneIsToldSoAndMadeAnew) {
  ASSERT_OK(pair_.begin());
  ASSERT_OK(stop(pair_.second.spec, StopMode::fast, soon()));
  // As it is when max_slot_wal_keep_size was used up.
  ASSERT_OK(pair_.first.query("SELECT pg_drop_replication_slot('shop_2')"));
  ASSERT_OK(pair_.first.query("ALTER SYSTEM SET wal_keep_size = 0"));
  ASSERT_OK(reload(pair_.first.spec));
  ASSERT_TRUE(comes_true([&] { return pair_.first.value("SHOW wal_keep_size") == "0"; }));
  for (const int times : {1, 2}) {
    ASSERT_OK(pair_.first.query(fmt::format("INSERT INTO public.t VALUES ({})", times)));
    ASSERT_OK(pair_.first.query("SELECT pg_switch_wal()"));
    ASSERT_OK(pair_.first.query("CHECKPOINT"));
  }
  EXPECT_EQ(plan_rejoin(pair_.second.spec, soon())->method, Rejoin::followed);
  ASSERT_OK(start(pair_.second.spec, soon()));
  const auto followed = wait_until_streaming(pair_.second.spec, soon());
  ASSERT_FALSE(followed);
  EXPECT_EQ(followed.error().code, Code::corrupt) << followed.error().message;
  ASSERT_OK(rebuild_standby(pair_.second.spec, soon()));
  ASSERT_OK(start(pair_.second.spec, soon()));
  ASSERT_OK(wait_until_streaming(pair_.second.spec, soon()));
  EXPECT_TRUE(comes_true([&] { return Pair::rows(pair_.second) == "1 2"; }));
}

TEST_P(Replication, AStandbyTakesAsManyConnectionsAsItsPrimaryHas) {
  pair_.first.spec.memory = {std::int64_t{1} << 30};
  ASSERT_OK(pair_.begin());
  EXPECT_EQ(pair_.second.value("SHOW max_connections"), "110");
  EXPECT_EQ(pair_.second.value("SHOW shared_buffers"), "128MB");
}

// An engine that lacks a program, or a host that cannot start one, says nothing of the data.
TEST_P(Replication, DataAreNotThrownAwayBecauseAProgramCannotBeRun) {
  ASSERT_OK(pair_.begin());
  ASSERT_OK(stop(pair_.second.spec, StopMode::fast, soon()));
  auto spec = pair_.second.spec;
  spec.bindir = "/nonexistent";
  EXPECT_FALSE(plan_rejoin(spec, soon()));
  EXPECT_FALSE(replication_status(spec, soon()));
  EXPECT_EQ(plan_rejoin(pair_.second.spec, soon())->method, Rejoin::followed);
  std::filesystem::resize_file(pair_.second.spec.data() / "global" / "pg_control", 100);
  EXPECT_EQ(plan_rejoin(pair_.second.spec, soon())->method, Rejoin::rebuilt);
  EXPECT_FALSE(replication_status(pair_.second.spec, soon())->is_running);
}

TEST_P(Replication, WhatIsHalfRewoundIsNotStartedAndIsMadeAnew) {
  ASSERT_OK(pair_.begin());
  ASSERT_OK(stop(pair_.second.spec, StopMode::fast, soon()));
  ASSERT_OK(mark_half_rewound(pair_.second.spec));
  EXPECT_EQ(start(pair_.second.spec, soon()).error().code, Code::corrupt);
  EXPECT_EQ(plan_rejoin(pair_.second.spec, soon())->method, Rejoin::rebuilt);
  ASSERT_OK(rebuild_standby(pair_.second.spec, soon()));
  ASSERT_OK(start(pair_.second.spec, soon()));
}

}  // namespace
}  // namespace pgbaton::postgres
