// From the words of a command line to a command with its options. Wrong words are Code::invalid_argument in one
// sentence.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

struct Invocation {
  const Command* command = nullptr;  // null: the general help
  Options options;
};

[[nodiscard]] base::Result<Invocation> parse_command_line(const std::vector<std::string>& arguments);

/// One line of a command's own help: how an option is written and what it does.
struct OptionHelp {
  std::string written;
  std::string about;
};
[[nodiscard]] std::vector<OptionHelp> option_help(const Command& command);

}  // namespace pgbaton::cli
