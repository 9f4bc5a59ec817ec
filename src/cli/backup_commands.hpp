// backup, backups, restore: base backups, what can be restored, and restoring it.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

/// Their rows of the table.
[[nodiscard]] std::vector<Command> backup_commands();

/// The list of backups with the window, for people.
[[nodiscard]] std::string backups_text(const base::Json& answer, const Console& console);

}  // namespace pgbaton::cli
