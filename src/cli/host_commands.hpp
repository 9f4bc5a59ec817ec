// Hosts: list, add, remove.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

void declare_host(Declaration& declaration);
void declare_add_host(Declaration& declaration);
[[nodiscard]] base::Result<int> run_hosts_list(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_hosts_add(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_hosts_remove(const Options& options, const Context& context);

}  // namespace pgbaton::cli
