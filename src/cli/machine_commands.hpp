// up, down, server, agent, and what the program says of itself: version, help.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

void declare_up(Declaration& declaration);
[[nodiscard]] base::Result<int> run_up(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_reload(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_down(const Options& options, const Context& context);
void declare_config(Declaration& declaration);
void declare_gateway(Declaration& declaration);
[[nodiscard]] base::Result<int> run_server(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_agent(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_gateway(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_version(const Options& options, const Context& context);
void declare_help(Declaration& declaration);
[[nodiscard]] base::Result<int> run_help(const Options& options, const Context& context);

}  // namespace pgbaton::cli
