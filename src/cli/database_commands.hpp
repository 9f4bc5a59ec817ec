// create, list, show, url, destroy: databases as a person handles them.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

void declare_create(Declaration& declaration);
[[nodiscard]] base::Result<int> run_create(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_list(const Options& options, const Context& context);
void declare_configure(Declaration& declaration);
[[nodiscard]] base::Result<int> run_configure(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_sessions(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_show(const Options& options, const Context& context);
[[nodiscard]] base::Result<int> run_url(const Options& options, const Context& context);
void declare_destroy(Declaration& declaration);
[[nodiscard]] base::Result<int> run_destroy(const Options& options, const Context& context);

}  // namespace pgbaton::cli
