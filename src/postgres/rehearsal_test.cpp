#include "postgres/rehearsal.hpp"

#include <gtest/gtest.h>

namespace pgbaton::postgres {
namespace {

TEST(RehearsalText, NamesTheObjectAndTheCause) {
  constexpr auto kSaid = R"(pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 202; 1259 16386 VIEW busy shop
pg_restore: error: could not execute query: ERROR:  column "buffers_backend" does not exist
LINE 2:  SELECT pg_stat_bgwriter.buffers_backend
                ^
Command was: CREATE VIEW public.busy AS
 SELECT 'ERROR:  not this one';
pg_restore: from TOC entry 203; 1255 16390 FUNCTION twice(integer) shop
pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "force_parallel_mode"
pg_restore: warning: errors ignored on restore: 2
)";
  const auto findings = findings_in(kSaid, "shop", "pgbaton");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings.front().object, "VIEW busy shop");
  EXPECT_EQ(findings.front().cause, "column \"buffers_backend\" does not exist");
  EXPECT_EQ(findings.back().object, "FUNCTION twice(integer) shop");
}

TEST(RehearsalText, WithoutTheEntryItNamesTheCommandAndNoPassword) {
  constexpr auto kSaid = R"(pg_restore: error: could not execute query: ERROR:  column "buffers_backend" does not exist
LINE 2:  SELECT pg_stat_bgwriter.buffers_backend
                ^
Command was: CREATE VIEW public.busy AS
 SELECT 'ERROR:  not this one';
pg_restore: error: could not execute query: ERROR:  relation "public.busy" does not exist
Command was: ALTER TABLE public.busy OWNER TO shop;
psql:globals.sql:14: ERROR:  role "pgbaton" already exists
psql:globals.sql:14: STATEMENT:  CREATE ROLE pgbaton;
psql:globals.sql:20: ERROR:  unrecognized configuration parameter "x"
psql:globals.sql:20: STATEMENT:  ALTER ROLE picky WITH NOSUPERUSER PASSWORD 'SCRAM-SHA-256$4096:ERROR:  abc';
)";
  const auto findings = findings_in(kSaid, "shop", "pgbaton");
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].object, "CREATE VIEW public.busy");
  EXPECT_EQ(findings[1].object, "ALTER TABLE public.busy OWNER TO shop");
  EXPECT_EQ(findings[2].object, "ALTER ROLE picky WITH NOSUPERUSER");
  EXPECT_EQ(findings[2].cause, "unrecognized configuration parameter \"x\"");
}

TEST(RehearsalText, WhatTheScratchClusterHasAlreadyIsNoFinding) {
  EXPECT_TRUE(findings_in("psql:globals.sql:14: ERROR:  role \"pgbaton\" already exists\n", "", "pgbaton").empty());
  EXPECT_EQ(
      findings_in("psql:globals.sql:20: ERROR:  unrecognized configuration parameter \"x\"\n", "", "pgbaton").size(),
      1U);
}

}  // namespace
}  // namespace pgbaton::postgres
