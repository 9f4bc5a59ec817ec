// What PostgreSQL has logged on a database's nodes.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

[[nodiscard]] std::vector<Command> log_commands();

/// Entries as lines, oldest first; each further text of one on lines of its own. Control characters do nothing to a
/// terminal. With `with_node` each says whose it is.
[[nodiscard]] std::string log_lines(const base::Json& entries, bool with_node, const Console& console);

}  // namespace pgbaton::cli
