// The help texts, made from the command table.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

[[nodiscard]] std::string general_help(const Console& console);
[[nodiscard]] std::string command_help(const Command& command, const Console& console);
/// Of all commands that begin with the word, like "engines".
[[nodiscard]] std::string group_help(std::string_view word, const Console& console);

}  // namespace pgbaton::cli
