#include "postgres/replication_text.hpp"

#include <gmock/gmock.h>

#include "postgres/conf.hpp"
#include "postgres/future_segments.hpp"
#include "postgres/rejoin.hpp"

namespace pgbaton::postgres {
namespace {

using namespace base;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Spec node() {
  return {.name = "shop_2",
          .folder = "/i/shop_2",
          .port = 5433,
          .memory = 512_MiB,
          .replication = api::ReplicationSettings{.peers = {"10.0.0.1", "fd00::1"}, .slots = {"shop_1"}},
          .upstream = api::Upstream{"10.0.0.1", 5432, Secret{"pass:word"}, "shop_2"}};
}

TEST(ReplicationText, NobodyButPeersComesByTcp) {
  const auto hba = render_hba(node());
  EXPECT_THAT(hba, HasSubstr("hostssl replication,postgres pgbaton_replication 10.0.0.1/32 scram-sha-256\n"));
  EXPECT_THAT(hba, HasSubstr("hostssl replication,postgres pgbaton_replication fd00::1/128 scram-sha-256\n"));
  EXPECT_TRUE(hba.ends_with("host all,replication all all reject\n"));
  EXPECT_THAT(hba, Not(HasSubstr("hostssl all")));
}

TEST(ReplicationText, AGatewayOfAnotherHostComesWithItsCertificate) {
  auto spec = node();
  EXPECT_THAT(render_ident(spec), Not(HasSubstr("pgbaton-gateway")));
  spec.replication->gateways = {"10.0.0.9"};
  const auto hba = render_hba(spec);
  EXPECT_THAT(hba, HasSubstr("hostssl all \"pgbaton\" 10.0.0.9/32 cert map=pgbaton_gateway\n"));
  const auto for_clients = hba.find("hostssl all all 10.0.0.9/32 md5 clientcert=verify-ca\n");
  ASSERT_NE(for_clients, std::string::npos);
  EXPECT_LT(hba.find("pgbaton_replication"), for_clients) << "a peer may live on the gateway's host";
  EXPECT_LT(hba.find("host all,replication \"pgbaton\" all reject\n"), for_clients);
  EXPECT_TRUE(hba.ends_with("host all,replication all all reject\n"));
  EXPECT_THAT(render_ident(spec), HasSubstr("pgbaton_gateway \"pgbaton-gateway\" \"pgbaton\"\n"));
  EXPECT_THAT(render_conf(spec, 17), HasSubstr("ssl_ca_file = '../tls/ca.crt'\n"));
}

TEST(ReplicationText, ADetachedStandbyReceivesNothing) {
  auto spec = node();
  EXPECT_THAT(render_conf(spec, 17), HasSubstr("primary_conninfo = "));
  spec.detached = true;
  EXPECT_THAT(render_conf(spec, 17), Not(HasSubstr("primary_conninfo = ")));
}

TEST(ReplicationText, NodesOfSeveralHostsNoticeThatOneHasGone) {
  auto spec = node();
  EXPECT_THAT(render_conf(spec, 17), Not(HasSubstr("wal_sender_timeout")));
  spec.replication->listen_address = "127.0.0.1";
  EXPECT_THAT(render_conf(spec, 17), Not(HasSubstr("wal_sender_timeout")));
  spec.replication->listen_address = "10.0.0.2";
  EXPECT_THAT(render_conf(spec, 17), HasSubstr("wal_sender_timeout = '3000ms'\n"));
}

TEST(ReplicationText, NoSettingShowsThePassword) {
  EXPECT_THAT(render_conf(node(), 17), Not(HasSubstr("pass:word")));
  EXPECT_EQ(password_file(Secret{"a:b\\c"}), "*:*:*:pgbaton_replication:a\\:b\\\\c\n");
}

TEST(ReplicationText, AnInstanceOfItsOwnIsAsBefore) {
  auto spec = node();
  spec.replication.reset();
  EXPECT_THAT(replication_settings(spec, 17), IsEmpty());
  EXPECT_THAT(render_hba(spec), HasSubstr("hostssl all all all scram-sha-256\n"));
}

TEST(ReplicationText, ReadsTheHistoryOfATimeline) {
  EXPECT_THAT(parse_history("1\t0/3000150\tno recovery target specified\n\n2\t1/A0\tno recovery target specified\n"),
              ElementsAre(TimelineSwitch{1, {0x3000150}}, TimelineSwitch{2, {0x1000000A0}}));
  EXPECT_EQ(history_file(26), "0000001A.history");
  EXPECT_EQ(segment_file(2, {0x1000000A0}, 16_MiB), "000000020000000100000000");
}

TEST(FutureSegments, AreThoseAfterTheNextTheFarthestFirst) {
  const std::vector<std::string> files{
      "000000010000000000000003", "000000010000000000000004", "000000010000000000000005", "000000020000000000000006",
      "00000002.history",         "archive_status",           "000000010000000100000000"};
  EXPECT_THAT(future_segments(files, {0x3000150}, 16_MiB),
              ElementsAre("000000010000000100000000", "000000020000000000000006", "000000010000000000000005"));
  EXPECT_THAT(future_segments(files, {0x1FF000000}, 16_MiB), IsEmpty());
}

struct RejoinRow {
  const char* about;
  OwnLog own;
  UpstreamLog upstream;
  std::variant<Rejoin, Fork> expected;
};

LogPosition at(int timeline, Lsn position) {
  return {.system_identifier = "7", .timeline = timeline, .position = position};
}

TEST(CompareLogs, SaysHowANodeCanFollow) {
  const std::vector<TimelineSwitch> first{{1, {100}}};
  const std::vector<RejoinRow> rows{
      {"same timeline", {"7", 1, {}, {90}}, {at(1, {100}), {}}, Rejoin::followed},
      {"same timeline, but it has more", {"7", 1, {}, {110}}, {at(1, {100}), {}}, Rejoin::rebuilt},
      {"another system", {"8", 1, {}, {90}}, {at(1, {100}), {}}, Rejoin::rebuilt},
      {"not beyond the fork, as far as known", {"7", 1, {}, {90}}, {at(2, {200}), first}, Fork{1, {100}}},
      {"beyond the fork", {"7", 1, {}, {101}}, {at(2, {200}), first}, Rejoin::rewound},
      {"promoted by itself", {"7", 2, first, {90}}, {at(1, {100}), {}}, Rejoin::rewound},
      {"only a history file of its own", {"7", 1, {}, {90}, 2}, {at(1, {100}), {}}, Rejoin::rewound},
      {"two timelines of one number", {"7", 2, {{1, {99}}}, {90}}, {at(2, {200}), first}, Rejoin::rebuilt},
      {"no ancestor", {"7", 2, {{1, {99}}}, {90}}, {at(3, {200}), {{1, {100}}, {2, {150}}}}, Rejoin::rewound},
      {"two switches behind", {"7", 1, {}, {90}}, {at(3, {200}), {{1, {100}}, {2, {150}}}}, Fork{1, {100}}},
      {"left at the same place for two others", {"7", 2, first, {90}}, {at(3, {200}), first}, Rejoin::rewound},
      {"a timeline that was skipped", {"7", 2, {}, {90}}, {at(3, {200}), {{1, {100}}}}, Rejoin::rewound},
  };
  for (const auto& [about, own, upstream, expected] : rows) {
    const auto got = compare_logs(own, upstream);
    ASSERT_EQ(got.index(), expected.index()) << about;
    if (const auto* plan = std::get_if<RejoinPlan>(&got))
      EXPECT_EQ(plan->method, std::get<Rejoin>(expected)) << about;
    else
      EXPECT_EQ(std::get<Fork>(got).at, std::get<Fork>(expected).at) << about;
  }
}

TEST(LogRecord, IsReadFromALineOfPgWaldump) {
  const auto commit = parse_record(
      "rmgr: Transaction len (rec/tot):     34/    34, tx:        740, lsn: 0/03000148, prev 0/03000110, desc: COMMIT "
      "2026");
  ASSERT_TRUE(commit);
  EXPECT_EQ(commit->at, base::Lsn{0x3000148});
  EXPECT_TRUE(commit->is_commit);
  const auto heap =
      parse_record("rmgr: Heap        len (rec/tot):     59/    59, tx: 740, lsn: 0/03000110, desc: INSERT");
  ASSERT_TRUE(heap);
  EXPECT_FALSE(heap->is_commit);
  EXPECT_FALSE(parse_record("pg_waldump: error in WAL record at 0/3000148"));
}

}  // namespace
}  // namespace pgbaton::postgres
