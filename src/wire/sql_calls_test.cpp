#include "wire/sql_calls.hpp"

#include <gtest/gtest.h>

namespace pgbaton::wire {
namespace {

struct Case {
  std::string_view sql;
  bool unknown;
};

TEST(SqlCalls, OfFunctionsThatAreNotKnownCount) {
  constexpr Case kCases[] = {
      {"SELECT 1", false},
      {"SELECT count(*), max(a) FROM t WHERE b IN (1, 2) AND (c OR d)", false},
      {"INSERT INTO t (a, b) VALUES ($1, now())", false},
      {"INSERT INTO app.t(a) SELECT coalesce(x, 0) FROM (SELECT 1) AS s (x)", false},
      {"WITH x (a) AS (SELECT 1) SELECT a FROM x", false},
      {"SELECT pg_catalog.lower(a)", false},
      {"SELECT 1 FROM t JOIN u ON f(a)", true},
      {"SELECT 1 FROM f(a)", true},
      {"SELECT ($1)", false},
      {"SELECT login()", true},
      {"SELECT app.login ('me')", true},
      {"SELECT \"Login\"()", true},
      {"SELECT app.lower(a)", true},
      {"UPDATE t SET a = touch(a)", true},
      {"SELECT count(*), f(a) FROM t", true},
      {"CALL work()", true},
      {"(", false},
      {"", false},
  };
  for (const auto& [sql, unknown] : kCases) EXPECT_EQ(calls_unknown(sql), unknown) << sql;
}

}  // namespace
}  // namespace pgbaton::wire
