// engines list | sync | install | qualify | release | withdraw: builds of PostgreSQL on this machine.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

[[nodiscard]] base::Result<int> run_engines_list(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_engines_sync(const Options& options, const Context& context);
void declare_install(Declaration& declaration);
[[nodiscard]] base::Result<int> run_engines_install(const Options& options, const Context& context);
void declare_qualify(Declaration& declaration);
[[nodiscard]] base::Result<int> run_engines_qualify(const Options& options, const Context& context);
void declare_release(Declaration& declaration);
[[nodiscard]] base::Result<int> run_engines_release(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_engines_withdraw(const Options& options, const Context& context);

}  // namespace pgbaton::cli
