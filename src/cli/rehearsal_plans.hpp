// What statements cost before and after an upgrade: planned on both versions, and run where they can be.
#pragma once

#include "base/json.hpp"
#include "postgres/connection.hpp"

namespace pgbaton::cli {

/// As whom and where a postgresql:// address says.
[[nodiscard]] base::Result<postgres::Connection> connect_to_url(const std::string& url);

/// The statements of a file: each ends with a semicolon at the end of a line. Pure.
[[nodiscard]] std::vector<std::string> statements_of(std::string_view text);
/// Those that took most of the time, by pg_stat_statements; none when the extension is not there.
[[nodiscard]] std::vector<std::string> top_statements(const std::string& url);

/// {statement, plan, shape, cost, run_ms | null, error | null} of each. They are run in a transaction that is rolled
/// back, for a few seconds at most; those with parameters are only planned (from PostgreSQL 16 on).
[[nodiscard]] base::Json plans_of(const std::string& url, const std::vector<std::string>& statements);
/// What changed, the greatest loss first: {statement, change, before, after}. Pure.
[[nodiscard]] base::Json compare_plans(const base::Json& before, const base::Json& after);

}  // namespace pgbaton::cli
