// The program that takes and restores backups, pgBackRest: the newest of the Debian suites, made to run on this host
// like an engine. It lies beside the engines: ENGINES/pgbackrest is a link to its tree, made last.
//
// Blocking; any thread. Several processes may share an engines folder.
#pragma once

#include "engine/folder.hpp"
#include "engine/source.hpp"

namespace pgbaton::backup {

/// Where the program is once it is installed.
[[nodiscard]] system::Path tool_program(const system::Path& engines);
[[nodiscard]] bool is_tool_installed(const system::Path& engines);

/// Installs it unless it is there; whoever else is at it is waited for. Asks the suites from the last of the list on.
[[nodiscard]] base::Result<> install_tool(const system::Path& engines, const std::vector<engine::Source>& sources,
                                          const engine::Patience& patience);

/// Whether a package's version is one that knows every major that there are engines for. Pure.
[[nodiscard]] bool is_new_enough(std::string_view package_version);

}  // namespace pgbaton::backup
