// Databases of the API in words and tables. Pure.
#pragma once

#include "cli/console.hpp"

namespace pgbaton::cli {

/// GET /databases
[[nodiscard]] std::string database_table(const base::Json& answer, const Console& console);
/// GET /databases/NAME
[[nodiscard]] std::string sessions_text(const base::Json& answer, const Console& console);
[[nodiscard]] std::string describe_database(const base::Json& database, const Console& console);
[[nodiscard]] std::string what_destroy_deletes(const base::Json& database);

}  // namespace pgbaton::cli
