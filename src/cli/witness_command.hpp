// witness: what an upgrade does to clients, proven from outside.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

void declare_witness(Declaration& declaration);
[[nodiscard]] base::Result<int> run_witness(const Options& options, const Context& context);

}  // namespace pgbaton::cli
