// What PostgreSQL's own files and programs say, read by pure functions.
#include <gmock/gmock.h>

#include "postgres/connection.hpp"
#include "postgres/control_data.hpp"
#include "postgres/lock_file.hpp"
#include "postgres/server_error.hpp"
#include "postgres/start_failure.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kControlData =
    "pg_control version number:            1300\n"
    "Catalog version number:               202209061\n"
    "Database system identifier:           7443209125482094310\n"
    "Database cluster state:               in production\n"
    "pg_control last modified:             Sat Nov 22 17:20:03 2026\n"
    "Latest checkpoint location:           1/5000060\n"
    "Latest checkpoint's REDO location:    1/5000028\n"
    "Latest checkpoint's REDO WAL file:    000000020000000100000005\n"
    "Latest checkpoint's TimeLineID:       2\n"
    "Minimum recovery ending location:     0/0\n"
    "wal_level setting:                    replica\n"
    "max_connections setting:              110\n"
    "Database block size:                  8192\n"
    "Bytes per WAL segment:                16777216\n"
    "Data page checksum version:           1\n";

TEST(ControlData, IsReadFromWhatPgControldataPrints) {
  const auto data = parse_control_data(kControlData);
  ASSERT_TRUE(data) << data.error().message;
  EXPECT_EQ(data->system_identifier, "7443209125482094310");
  EXPECT_EQ(data->cluster_state, ClusterState::in_production);
  EXPECT_EQ(to_string(data->checkpoint), "1/5000060");
  EXPECT_EQ(to_string(data->redo), "1/5000028");
  EXPECT_EQ(data->timeline, 2);
  EXPECT_EQ(data->checksum_version, 1);
  EXPECT_EQ(data->wal_segment.count, 16 << 20);
  EXPECT_EQ(data->catalog_version, 202209061);
  EXPECT_EQ(data->max_connections, 110);
}

TEST(ControlData, LineThatIsMissingOrUnknownIsNamed) {
  const auto cut = std::string{kControlData.substr(0, kControlData.find("Data page"))};
  EXPECT_THAT(parse_control_data(cut).error().message, HasSubstr("Data page checksum version"));
  auto odd = std::string{kControlData};
  odd.replace(odd.find("in production"), 13, "in confusion ");
  EXPECT_THAT(parse_control_data(odd).error().message, HasSubstr("in confusion"));
}

TEST(LockFile, IsReadOnceItsServerHasWrittenIt) {
  EXPECT_FALSE(parse_lock_file(""));
  EXPECT_FALSE(parse_lock_file("4711\n"));
  const auto starting = parse_lock_file("4711\n/i/data\n1795368003\n6001\n/s\n");
  ASSERT_TRUE(starting);
  EXPECT_EQ(starting->status, "");
  const auto ready = parse_lock_file("4711\n/i/data\n1795368003\n6001\n/s\n127.0.0.1\n  1234567   8\nready   \n");
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->pid, 4711);
  EXPECT_EQ(ready->data, "/i/data");
  EXPECT_EQ(base::to_rfc3339(ready->started_at), "2026-11-22T17:20:03.000Z");
  EXPECT_EQ(ready->status, "ready");
}

TEST(LockFile, OfAStandaloneBackendHoldsItsPidNegated) {
  EXPECT_EQ(parse_lock_file("-4711\n/i/data\n1795368003\n")->pid, 4711);
}

struct FailureRow {
  std::string_view log;
  Code code;
  std::string_view sentence;
};

TEST(StartFailure, IsExplainedFromTheLog) {
  const FailureRow rows[] = {
      {"LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use\nFATAL:  could not create any TCP/IP "
       "sockets",
       Code::refused, "port 6001 is in use by another program"},
      {"/e/bin/postgres: error while loading shared libraries: libicui18n.so.72: cannot open shared object file",
       Code::corrupt, "the engine in /e/bin lacks a library"},
      {"FATAL:  could not write lock file \"postmaster.pid\": No space left on device", Code::no_space, "disk of shop"},
      {"FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use", Code::busy, "killed postmaster"},
      {"FATAL:  something new", Code::failed, "its log says:\nFATAL:  something new"},
      {"", Code::failed, "it left nothing in its log"},
  };
  const Spec spec{.name = "shop", .bindir = "/e/bin", .port = 6001};
  for (const auto& [log, code, sentence] : rows) {
    const auto error = explain_start_failure(spec, log);
    EXPECT_EQ(error.code, code) << log;
    EXPECT_THAT(error.message, HasSubstr(sentence));
  }
}

TEST(StartFailure, QuotesTheLinesThatMatter) {
  EXPECT_EQ(relevant_lines("LOG:  starting\nFATAL:  a\nLOG:  more\nDETAIL:  b\nLOG:  end", 5), "FATAL:  a\nDETAIL:  b");
  EXPECT_EQ(relevant_lines("LOG:  one\nLOG:  two\nLOG:  three", 2), "LOG:  two\nLOG:  three");
}

TEST(ConnectionError, TellsARefusalFromNobodyBeingThere) {
  const auto refused = connection_error(
      "connection to server on socket \"/s/.s.PGSQL.1\" failed: FATAL:  28P01: password authentication failed for user "
      "\"shop\"\nLOCATION:  auth_failed, auth.c:338\n");
  EXPECT_EQ(refused.code, Code::postgres);
  EXPECT_EQ(refused.message, "password authentication failed for user \"shop\" (SQLSTATE 28P01)");
  EXPECT_TRUE(has_sqlstate(refused, "28P01"));
  EXPECT_EQ(connection_error("connection to server at \"h\" failed: Connection refused\n").code, Code::unreachable);
}

TEST(ConnectionError, CountsAServerThatIsStillStartingAsNotThereYet) {
  const auto error = connection_error(
      "connection to server at \"h\" failed: FATAL:  57P03: the database system is starting up\nLOCATION:  x\n");
  EXPECT_EQ(error.code, Code::unreachable);
  EXPECT_TRUE(has_sqlstate(error, "57P03"));
}

}  // namespace
}  // namespace pgbaton::postgres
