// maintenance: nobody is let in while something is done.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

void declare_maintenance(Declaration& declaration);
[[nodiscard]] base::Result<int> run_maintenance(const Options& options, const Context& context);

}  // namespace pgbaton::cli
