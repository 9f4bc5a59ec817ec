// The rows of the commands that are about databases and their upgrades.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

[[nodiscard]] std::vector<Command> database_commands();
[[nodiscard]] std::vector<Command> other_database_commands();
[[nodiscard]] std::vector<Command> upgrade_commands();
[[nodiscard]] std::vector<Command> other_upgrade_commands();

}  // namespace pgbaton::cli
