// The program as a function: a command line in, an exit status out.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

/// Runs one command. Results go to the console's `out`; a failure is printed to its `err` and becomes the exit status
/// of its code: design section 7.
[[nodiscard]] int run(const std::vector<std::string>& arguments, Console console, const Environment& environment,
                      const Daemons& daemons);

}  // namespace pgbaton::cli
