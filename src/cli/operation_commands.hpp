// operations, operation, cancel: what is and was being done.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

void declare_operation(Declaration& declaration);
void declare_operations(Declaration& declaration);
[[nodiscard]] base::Result<int> run_operations(const Options& options, const Context& context);
void declare_show_operation(Declaration& declaration);
[[nodiscard]] base::Result<int> run_operation(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_cancel(const Options& options, const Context& context);

/// GET /operations
[[nodiscard]] std::string operation_table(const base::Json& answer, const Console& console);

}  // namespace pgbaton::cli
