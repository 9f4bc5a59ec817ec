#include "backup/info.hpp"

#include <gmock/gmock.h>

#include "backup/cold_base.hpp"
#include "backup/recovery.hpp"
#include "backup/schedule.hpp"
#include "backup/segments.hpp"
#include "backup/stanza.hpp"
#include "backup/tool.hpp"
#include "system/child.hpp"

namespace pgbaton::backup {
namespace {

using base::Code;

TEST(Info, IsReadFromWhatTheToolPrints) {
  const auto lines = parse_info(R"([{"archive":[{"database":{"id":1,"repo-key":1},"id":"15-1",
    "max":"000000010000000000000003","min":"000000010000000000000001"}],
    "backup":[{"archive":{"start":"000000010000000000000004","stop":"000000010000000000000004"},"error":true,
      "info":{"delta":8,"repository":{"delta":9},"size":23017140},"label":"20261127-054715F_20261127-054717I",
      "lsn":{"start":"0/4000028","stop":"0/4000100"},"timestamp":{"start":1795758437,"stop":1795758438},"type":"incr"},
     {"archive":{"start":"000000010000000000000002","stop":"000000010000000000000002"},"error":false,
      "info":{"delta":23017139,"repository":{"delta":2847040},"size":23017139},"label":"20261127-054715F",
      "lsn":{"start":"0/2000028","stop":"0/2000100"},"timestamp":{"start":1795758435,"stop":1795758436},"type":"full"}],
    "db":[{"id":1,"system-id":7712723751345748470,"version":"15"}],"name":"shop-7712723751345748470"}])");
  ASSERT_TRUE(lines) << lines.error().message;
  ASSERT_EQ(lines->size(), 1);
  const auto& line = lines->front();
  EXPECT_EQ(line.system_identifier, "7712723751345748470");
  EXPECT_EQ(line.major, 15);
  EXPECT_EQ(line.newest_segment, "000000010000000000000003");
  ASSERT_EQ(line.sets.size(), 2);
  EXPECT_EQ(line.sets[0].label, "20261127-054715F");
  EXPECT_EQ(line.sets[0].stopped_at, "2026-11-27T05:47:16.000Z");
  EXPECT_EQ(line.sets[0].stored, base::Bytes{2847040});
  EXPECT_EQ(line.sets[1].kind, api::BackupKind::incremental);
  EXPECT_EQ(line.sets[1].reference, "20261127-054715F");
  EXPECT_TRUE(line.sets[1].has_page_errors);
}

TEST(Info, AStanzaThatWasNeverMadeIsNoLine) {
  EXPECT_TRUE(parse_info(R"([{"archive":[],"backup":[],"db":[],"name":"shop-1"}])")->empty());
  EXPECT_EQ(parse_info(R"([{"name":"shop-1","db":[{}]}])").error().code, Code::corrupt);
}

TEST(Info, ProgressIsInItsDetails) {
  EXPECT_DOUBLE_EQ(*parse_file_progress("P01 DETAIL: backup file /d/base/1/1249 (1.2MB, 34.50%) checksum 6d"), 0.345);
  EXPECT_FALSE(parse_file_progress("P00   INFO: backup command begin"));
  EXPECT_FALSE(parse_file_progress("100%)"));
}

TEST(Info, AnErrorIsWhatTheToolNamesWithItsHints) {
  const auto error = tool_error("backup", 50,
                                "P00   WARN: no\nP00  ERROR: [050]: unable to acquire lock on file 'x'\n"
                                "            HINT: is another process running?\nP00   INFO: end\n");
  EXPECT_EQ(error.code, Code::busy);
  EXPECT_EQ(error.message, "backup: unable to acquire lock on file 'x'; HINT: is another process running?");
  EXPECT_EQ(tool_error("backup", 41, "ERROR: [041]: cannot write: [28] No space left on device").code, Code::no_space);
  EXPECT_EQ(tool_error("backup", 127, "not found").message, "backup: not found");
  EXPECT_EQ(tool_error("backup", 63, "ERROR: [063]: terminated on signal [SIGTERM]").code, Code::cancelled);
  EXPECT_EQ(tool_error("backup", 101, "ERROR: [101]: [500] Internal Server Error").code, Code::unreachable);
}

TEST(Info, VerifyNamesWhatIsDamaged) {
  const auto answer = parse_verify("shop-1", R"(stanza: shop-1
status: error
  archiveId: 15-1, total WAL checked: 6, total valid WAL: 5
    missing: 0, checksum invalid: 0, size invalid: 0, other: 1
  backup: 20261127-054715F, status: invalid, total files checked: 965, total valid files: 964
    missing: 0, checksum invalid: 1, size invalid: 0, other: 0
  backup: 20261127-054715F_20261127-054717I, status: valid, total files checked: 965, total valid files: 965
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
)");
  EXPECT_EQ(answer.files, 1930);
  EXPECT_EQ(answer.segments, 6);
  EXPECT_THAT(answer.problems, testing::ElementsAre("the log in shop-1: 1 of 6 files are damaged or missing",
                                                    "backup 20261127-054715F in shop-1: 1 of 965 files are damaged or "
                                                    "missing"));
}

TEST(Segments, AMissingOneIsNamedOnEachTimeline) {
  const std::vector<std::string> names{"000000010000000000000001-aa.zst",
                                       "000000010000000000000002-aa.zst",
                                       "000000010000000000000004-aa.zst",
                                       "0000000100000000000000FF-aa.zst",
                                       "000000010000000100000000-aa.zst",
                                       "000000020000000100000003-aa.zst",
                                       "00000002.history.zst",
                                       "000000010000000100000001.partial-aa.zst"};
  EXPECT_THAT(gaps_in(names),
              testing::ElementsAre("000000010000000000000003", "000000010000000000000005 to 0000000100000000000000FE"));
  EXPECT_TRUE(gaps_in({}).empty());
}

TEST(Stanza, IsOfOneDatabaseAndOneSystemIdentifier) {
  const auto name = stanza_name("shop", "771");
  EXPECT_TRUE(is_stanza_of(name, "shop"));
  EXPECT_FALSE(is_stanza_of(name, "sho"));
  EXPECT_FALSE(is_stanza_of("shop_2-771", "shop"));
  EXPECT_EQ(identifier_in(name), "771");
  const auto text = render_stanza({.stanza = name,
                                   .repository = {.folder = "/r"},
                                   .key = base::Secret{"k"},
                                   .data = "/d",
                                   .socket_folder = "/s",
                                   .port = 5,
                                   .superuser = "pgbaton"});
  EXPECT_EQ(stanza_in(text), name);
  EXPECT_THAT(text, testing::HasSubstr("repo1-cipher-pass=k\n"));
}

TEST(Stanza, OfAnObjectStoreSaysWhereItIsAndWhoWeAre) {
  auto store = *model::parse_object_store("s3://shop-backups/pg/a?endpoint=s3.example:9000&region=eu-1&ca=/etc/ca.crt");
  store.key_id = base::Secret{"id"};
  store.key_secret = base::Secret{"secret"};
  const Repository repository{.folder = "/r", .store = store};
  const auto text = render_stanza({.stanza = "shop-1", .repository = repository, .key = base::Secret{"k"}});
  for (const auto* line :
       {"repo1-type=s3\n", "repo1-path=/pg/a\n", "repo1-s3-bucket=shop-backups\n", "repo1-s3-endpoint=s3.example\n",
        "repo1-storage-port=9000\n", "repo1-s3-key-secret=secret\n", "repo1-storage-ca-file=/etc/ca.crt\n",
        "lock-path=/r/lock\n"})
    EXPECT_THAT(text, testing::HasSubstr(line));
  EXPECT_EQ(stanza_in(text), "shop-1");
  EXPECT_EQ(to_string(repository), "s3://shop-backups/pg/a at s3.example:9000");
}

TEST(ObjectStore, IsNamedByAUrl) {
  const auto amazon = model::parse_object_store("s3://bucket?region=eu-central-1");
  ASSERT_TRUE(amazon) << amazon.error().message;
  EXPECT_EQ(amazon->endpoint, "s3.eu-central-1.amazonaws.com");
  EXPECT_EQ(amazon->style, "host");
  EXPECT_EQ(amazon->prefix, "/");
  for (const auto* wrong :
       {"s3://", "s3://bucket", "s3://Bucket?region=a", "s3://bucket?region=a&endpoint=h:x",
        "s3://bucket?region=a&endpoint=:1", "s3://bucket?region=a&secret=b", "/folder", "s3://bucket?region=a&ca=file",
        "s3://bucket?region=a&style=any", "s3://bucket?region=a\nb"}) {
    const auto parsed = model::parse_object_store(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code, Code::invalid_argument);
  }
}

TEST(Info, AnObjectStoreThatFailsIsNamedInWords) {
  const auto denied = tool_error("reading", 39,
                                 "ERROR: [039]: HTTP request failed with [403] (Forbidden):\n"
                                 "             *** Path/Query ***:\n             GET /backups?x\n");
  EXPECT_EQ(denied.code, Code::refused);
  EXPECT_EQ(tool_error("reading", 39, "ERROR: [039]: HTTP request failed with 403 (Forbidden):\n").code, Code::refused);
  EXPECT_THAT(denied.message, testing::Not(testing::HasSubstr("Path/Query")));
  EXPECT_EQ(tool_error("reading", 101, "ERROR: [101]: [500] Internal Server Error").code, Code::unreachable);
  EXPECT_EQ(tool_error("reading", 42, "ERROR: [042]: timeout after 6000ms waiting for read from 'h:1'").code,
            Code::unreachable);
}

TEST(Info, ARepositoryThatCouldNotBeReadIsNotAnEmptyOne) {
  const auto answer = [](const std::string& message) {
    return fmt::format(R"([{{"archive":[],"backup":[],"db":[],"name":"shop-1",
      "repo":[{{"key":1,"status":{{"code":99,"message":"{}"}}}}],"status":{{"code":99,"message":"other"}}}}])",
                       message);
  };
  const auto away = parse_info(answer("[ServiceError] [500] Internal Server Error\\n on 9 retries"));
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, Code::unreachable);
  EXPECT_EQ(away.error().message, "reading the repository: [ServiceError] [500] Internal Server Error");
  EXPECT_EQ(parse_info(answer("[CryptoError] cipher header invalid")).error().code, Code::failed);
}

TEST(Stanza, CommandsQuoteTheirPathsForTheShell) {
  EXPECT_THAT(archive_command("/e/it's", "/c", "s"),
              testing::HasSubstr(R"('/e/it'\''s' --config='/c' --stanza=s archive-push "%p" || { test $? -eq 45 && )"));
}

TEST(Recovery, AskedForATimeItStopsThereAndIsPromoted) {
  api::RestoreSource source{.time = "2026-11-27T05:50:59.285Z", .timeline = 3};
  EXPECT_EQ(recovery_settings(source, "get 'x'"),
            "restore_command = 'get ''x'''\nrecovery_target_timeline = '3'\n"
            "recovery_target_time = '2026-11-27 05:50:59.285+00'\nrecovery_target_action = 'promote'\n");
  EXPECT_THAT(recovery_settings({}, "x"), testing::Not(testing::HasSubstr("recovery_target_time =")));
  EXPECT_EQ(with_log_of("a", "/s"), R"(a || cp "/s/%f" "%p" || cp "/s/%f.partial" "%p")");
  EXPECT_TRUE(with_spool("a", "/s").starts_with(R"(a || cp "/s/$(echo %f | cut -c1-8)/%f" "%p" ||)"));
}

TEST(Recovery, WhatTheRepositoryCannotGiveIsNotTheEndOfTheLog) {
  const auto ends_with = [](int status) {
    const auto tool = fmt::format("f() {{ return {}; }}; f", status);
    const auto command = or_give_up(with_log_of(fmt::format("{{ {}; status=$?; test $status -eq 0; }}", tool), "/no"));
    const auto output = system::run({.argv = {"/bin/sh", "-c", "{ " + command + "; } 2> /dev/null"}},
                                    base::Deadline::after(std::chrono::seconds{10}));
    return output ? output->status : -1;
  };
  EXPECT_EQ(ends_with(0), 0);
  EXPECT_EQ(ends_with(1), 1);
  EXPECT_EQ(ends_with(101), 200);
}

TEST(Recovery, TheStopPointIsWhatTheLastReplaySays) {
  const auto stop = parse_stop_point(
      "[1] LOG:  starting point-in-time recovery to 2026-11-27 05:50:59.285+00\n"
      "[1] LOG:  recovery stopping before commit of transaction 1, time 2026-11-27 05:00:00+00\n"
      "[2] LOG:  starting point-in-time recovery to 2026-11-27 05:50:59.285+00\n"
      "[2] LOG:  recovery stopping before commit of transaction 728, time 2026-11-27 05:50:59.595367+00\n"
      "[2] LOG:  redo done at 0/60001E8 system usage: CPU: user: 0.00 s\n"
      "[2] LOG:  last completed transaction was at log time 2026-11-27 05:50:59.273585+00\n"
      "[2] LOG:  selected new timeline ID: 2\n");
  EXPECT_EQ(stop.position, base::Lsn{0x60001E8});
  EXPECT_EQ(stop.last_commit, "2026-11-27T05:50:59.273Z");
  EXPECT_EQ(stop.stopped, "recovery stopping before commit of transaction 728, time 2026-11-27 05:50:59.595367+00");
  EXPECT_EQ(stop.timeline, 2);
}

TEST(Schedule, FullEachWeekIncrementalEachDay) {
  const auto now = *base::parse_rfc3339("2026-11-27T12:00:00Z");
  const auto set = [](api::BackupKind kind, const char* started) {
    return api::BackupSet{.kind = kind, .started_at = started};
  };
  using enum api::BackupKind;
  EXPECT_EQ(due_backup({}, now), full);
  EXPECT_EQ(due_backup({set(full, "2026-11-27T11:00:00Z")}, now), std::nullopt);
  EXPECT_EQ(due_backup({set(full, "2026-11-26T11:00:00Z")}, now), incremental);
  EXPECT_EQ(due_backup({set(full, "2026-11-24T11:00:00Z"), set(incremental, "2026-11-27T01:00:00Z")}, now),
            std::nullopt);
  EXPECT_EQ(due_backup({set(full, "2026-11-20T11:00:00Z"), set(incremental, "2026-11-27T01:00:00Z")}, now), full);
}

TEST(Tool, IsTakenFromASuiteThatHasOneForEveryMajor) {
  EXPECT_TRUE(is_new_enough("2.60.0-1"));
  EXPECT_TRUE(is_new_enough("3.0-1"));
  EXPECT_FALSE(is_new_enough("2.45-1"));
  EXPECT_FALSE(is_new_enough("none"));
}

/// Two clusters as an upgrade by links leaves them.
class ColdBase : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto* folder : {"old/base/5", "new/base/7", "new/global", "new/pg_wal"})
      ASSERT_TRUE(system::make_directory(at(folder), 0700));
    write("old/base/5/16384", "table");
    write("old/base/5/16384_fsm", "free");
    for (const auto* name : {"16384", "16384_fsm"})
      std::filesystem::create_hard_link(at("old/base/5") / name, at("new/base/7") / name);
    write("new/base/7/1249", "catalog");
    write("new/global/pg_control", "control");
    write("new/pg_wal/000000010000000000000001", "log");
  }
  [[nodiscard]] system::Path at(const std::string& path) const { return folder_.path() / path; }
  void write(const std::string& path, std::string_view text) const {
    ASSERT_TRUE(system::write_file_atomic(at(path), text, 0600));
  }
  system::TempDir folder_ = *system::TempDir::create(std::filesystem::temp_directory_path(), "pgbaton-cold-");
};

TEST_F(ColdBase, IsTheNewClusterAgainOutOfTheOldOneAtItsEnd) {
  EXPECT_EQ(keep_cold_base(at("old"), at("new"), at("cold")).value(), base::Bytes{14});
  ASSERT_TRUE(has_cold_base(at("cold")));
  // What serves goes on; what is restored of the old line has no free space map.
  write("new/base/7/1249", "changed");
  ASSERT_TRUE(system::remove_tree(at("old/base/5/16384_fsm")));
  ASSERT_TRUE(system::make_directory(at("made"), 0700));
  ASSERT_TRUE(assemble(at("cold"), at("old"), at("made")));
  EXPECT_EQ(system::read_file(at("made/base/7/16384")).value(), "table");
  EXPECT_EQ(system::read_file(at("made/base/7/1249")).value(), "catalog");
  EXPECT_EQ(system::list_directory(at("made/pg_wal")).size(), 0);
}

TEST_F(ColdBase, ATableThatIsMissingIsNamed) {
  ASSERT_TRUE(keep_cold_base(at("old"), at("new"), at("cold")));
  ASSERT_TRUE(system::remove_tree(at("old/base/5/16384")));
  ASSERT_TRUE(system::make_directory(at("made"), 0700));
  const auto made = assemble(at("cold"), at("old"), at("made"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::corrupt);
  EXPECT_THAT(made.error().message, testing::HasSubstr("base/5/16384 is not in"));
}

TEST_F(ColdBase, IsRefusedOfClustersThatShareNothing) {
  EXPECT_EQ(keep_cold_base(at("new/global"), at("new"), at("cold")).error().code, Code::refused);
  EXPECT_FALSE(has_cold_base(at("cold")));
}

}  // namespace
}  // namespace pgbaton::backup
