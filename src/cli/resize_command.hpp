// resize: another plan.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

void declare_resize(Declaration& declaration);
[[nodiscard]] base::Result<int> run_resize(const Options& options, const Context& context);

}  // namespace pgbaton::cli
