// Errors of PostgreSQL as ours: its message, its detail, its SQLSTATE.
#pragma once

#include <libpq-fe.h>

#include "base/error.hpp"

namespace pgbaton::postgres {

/// Of a failed connection, from libpq's verbose text: Code::postgres when the server refused it, Code::unreachable when
/// nobody was there.
[[nodiscard]] base::Error connection_error(std::string_view text);
[[nodiscard]] base::Error statement_error(const PGresult* result);

}  // namespace pgbaton::postgres
