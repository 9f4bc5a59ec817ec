// offers, preflight, upgrade: which version next, what stands against it, and going there.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

[[nodiscard]] base::Result<int> run_offers(const Options& options, const Context& context);
void declare_preflight(Declaration& declaration);
[[nodiscard]] base::Result<int> run_preflight(const Options& options, const Context& context);
void declare_switchover(Declaration& declaration);
[[nodiscard]] base::Result<int> run_switchover(const Options& options, const Context& context);
void declare_upgrade(Declaration& declaration);
[[nodiscard]] base::Result<int> run_upgrade(const Options& options, const Context& context);

}  // namespace pgbaton::cli
