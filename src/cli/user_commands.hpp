// users list | add | role | password | remove: who may sign in to the dashboard.
#pragma once

#include "cli/command.hpp"

namespace pgbaton::cli {

[[nodiscard]] base::Result<int> run_users_list(const Options& options, const Context& context);
void declare_users_add(Declaration& declaration);
[[nodiscard]] base::Result<int> run_users_add(const Options& options, const Context& context);
void declare_users_role(Declaration& declaration);
[[nodiscard]] base::Result<int> run_users_role(const Options& options, const Context& context);
void declare_users_password(Declaration& declaration);
[[nodiscard]] base::Result<int> run_users_password(const Options& options, const Context& context);
void declare_user(Declaration& declaration);
[[nodiscard]] base::Result<int> run_users_remove(const Options& options, const Context& context);

}  // namespace pgbaton::cli
