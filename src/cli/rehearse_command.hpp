// `pgbaton rehearse` and `pgbaton rehearsals`.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

[[nodiscard]] std::vector<Command> rehearsal_commands();

}  // namespace pgbaton::cli
