#include "cli/user_commands.hpp"

#include "cli/api.hpp"
#include "cli/declaration.hpp"
#include "cli/json_view.hpp"
#include "cli/table.hpp"
#include "system/random.hpp"
#include "system/terminal.hpp"

namespace pgbaton::cli {

using base::Json;
using base::Result;
using base::Secret;

namespace {

constexpr auto kUsers = "/api/v1/users";

std::string user_path(const std::string& name) { return fmt::format("{}/{}", kUsers, encoded(name)); }

// What is generated is shown, because nobody has seen it yet.
Result<Secret> new_password(const Options& options, const Context& context) {
  if (options.generate) return system::random_secret(20);
  const auto first = TRY(system::read_secret_line("Password: "));
  if (!context.console.in_terminal) return first;
  const auto second = TRY(system::read_secret_line("Once more: "));
  if (first.reveal() == second.reveal()) return first;
  return base::fail(base::Code::invalid_argument, "the two passwords are not the same");
}

int report_user(Json answer, const Options& options, const Context& context, const Secret& password,
                const std::string& sentence) {
  if (options.generate) answer["password"] = password.reveal();
  if (options.json) {
    context.console.print(answer);
    return 0;
  }
  context.console.out << sentence;
  if (options.generate) context.console.out << fmt::format("Password: {}\n", password.reveal());
  return 0;
}

}  // namespace

void declare_user(Declaration& declaration) { declaration.word("NAME", &Options::name, "The user's name"); }

Result<int> run_users_list(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.get(kUsers));
  if (options.json) {
    context.console.print(answer);
    return 0;
  }
  Table table{{{"NAME"}, {"ROLE"}, {"SINCE"}}};
  for (const auto& user : answer.at("users"))
    table.add({text_at(user, "name"), text_at(user, "role"), text_at(user, "created_at")});
  context.console.out << (table.empty() ? "There are no users: `pgbaton users add NAME --role owner` makes one.\n"
                                        : table.render(context.console));
  return 0;
}

void declare_users_add(Declaration& declaration) {
  declare_user(declaration);
  declaration.required_text("--role", "ROLE", &Options::role, "owner, operator or read-only");
  declaration.flag("--generate", &Options::generate, "Make a password up and print it");
}

Result<int> run_users_add(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto password = TRY(new_password(options, context));
  const auto answer =
      TRY(api.post(kUsers, {{"name", options.name}, {"role", options.role}, {"password", password.reveal()}}));
  return report_user(answer, options, context, password,
                     fmt::format("{} may sign in to the dashboard as {}.\n", options.name, options.role));
}

void declare_users_role(Declaration& declaration) {
  declare_user(declaration);
  declaration.word("ROLE", &Options::role, "owner, operator or read-only");
}

Result<int> run_users_role(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.patch(user_path(options.name), {{"role", options.role}}));
  return report_user(answer, options, context, {}, fmt::format("{} is {} now.\n", options.name, options.role));
}

void declare_users_password(Declaration& declaration) {
  declare_user(declaration);
  declaration.flag("--generate", &Options::generate, "Make a password up and print it");
}

Result<int> run_users_password(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto password = TRY(new_password(options, context));
  const auto answer = TRY(api.patch(user_path(options.name), {{"password", password.reveal()}}));
  return report_user(answer, options, context, password,
                     fmt::format("{} has a new password, and is signed out everywhere.\n", options.name));
}

Result<int> run_users_remove(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.remove(user_path(options.name)));
  return report_user(answer, options, context, {}, fmt::format("{} cannot sign in any more.\n", options.name));
}

}  // namespace pgbaton::cli
