// notify add | list | remove | test: who is told what operations do.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

[[nodiscard]] base::Result<int> run_notify_list(const Options& options, const Context& context);
void declare_notify_add(Declaration& declaration);
[[nodiscard]] base::Result<int> run_notify_add(const Options& options, const Context& context);
void declare_receiver(Declaration& declaration);
[[nodiscard]] base::Result<int> run_notify_remove(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_notify_test(const Options& options, const Context& context);

}  // namespace pgbaton::cli
