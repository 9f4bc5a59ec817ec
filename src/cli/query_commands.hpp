// What a database's sessions run, and the statement of one of them cancelled.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

[[nodiscard]] std::vector<Command> query_commands();

/// What runs, and the statements that took most of the time.
[[nodiscard]] std::string queries_text(const base::Json& answer, const Console& console);

}  // namespace pgbaton::cli
