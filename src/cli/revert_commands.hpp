// revert, finalize: back to the version before the last major-upgrade, or giving it up.
#pragma once

#include "cli/command.hpp"
#include "cli/declaration.hpp"

namespace pgbaton::cli {

void declare_revert(Declaration& declaration);
[[nodiscard]] base::Result<int> run_revert(const Options& options, const Context& context);
void declare_finalize(Declaration& declaration);
[[nodiscard]] base::Result<int> run_finalize(const Options& options, const Context& context);

}  // namespace pgbaton::cli
