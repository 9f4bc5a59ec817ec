// The witness' own table in the database: made when it is missing, read back at the end, cleaned up. Each on a fresh
// connection. It has no unique constraint, so that a row that was written twice is visible as two.
#pragma once

#include "base/time.hpp"
#include "witness/failure.hpp"
#include "witness/ledger.hpp"

namespace pgbaton::witness {

/// The schema of the table, quoted: where an unqualified name of this user is made. Code::unreachable when nobody
/// answers, Code::postgres when the server refuses.
[[nodiscard]] base::Result<std::string> prepare_table(const std::string& url, base::Deadline deadline);

/// Reads the run's rows; while nobody answers it tries again until the deadline.
[[nodiscard]] base::Result<Verdict> read_back(const std::string& url, const std::string& schema, const std::string& run,
                                              const Ledger& ledger, base::Deadline deadline);

[[nodiscard]] base::Result<> remove_rows(const std::string& url, const std::string& schema, const std::string& run,
                                         base::Deadline deadline);

/// For a failure that ends a run: with its SQLSTATE, and what to do.
[[nodiscard]] base::Error to_error(const Failure& failure);

}  // namespace pgbaton::witness
