#include "cli/notify_commands.hpp"

#include "cli/api.hpp"
#include "cli/declaration.hpp"
#include "cli/json_view.hpp"
#include "cli/table.hpp"
#include "system/terminal.hpp"

namespace pgbaton::cli {

using base::Json;
using base::Result;

namespace {

constexpr auto kReceivers = "/api/v1/receivers";

std::string receiver_path(const std::string& id) { return fmt::format("{}/{}", kReceivers, encoded(id)); }

int report_receiver(const Json& answer, const Options& options, const Context& context, const std::string& sentence) {
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << sentence;
  return 0;
}

std::string added_text(const Json& answer) {
  const auto secret = text_at(answer, "secret");
  return fmt::format("{} is told what operations do, as {}.\n{}Try it: pgbaton notify test {}\n",
                     text_at(answer, "url"), text_at(answer, "id"),
                     secret.empty() ? "" : fmt::format("Secret of the signatures, shown this once: {}\n", secret),
                     text_at(answer, "id"));
}

Cell state_of(const Json& receiver) {
  if (const auto problem = text_at(receiver, "problem"); !problem.empty()) return {problem, Paint::bad};
  const auto last = text_at(receiver, "last_at");
  return last.empty() ? Cell{"nothing to tell yet"} : Cell{"told at " + short_time(last), Paint::good};
}

}  // namespace

Result<int> run_notify_list(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.get(kReceivers));
  Table table{{{"ID"}, {"WHERE"}, {"DATABASE"}, {"WHAT"}, {"STATE"}}};
  for (const auto& receiver : answer.at("receivers"))
    table.add({text_at(receiver, "id"), text_at(receiver, "url"), text_at(receiver, "database"),
               text_at(receiver, "detail"), state_of(receiver)});
  return report_receiver(
      answer, options, context,
      table.empty() ? "Nobody is told: `pgbaton notify add https://…` changes that.\n" : table.render(context.console));
}

void declare_notify_add(Declaration& declaration) {
  declaration.word("URL", &Options::url, "https://host/path, or mailto:somebody@example.org");
  declaration.text("--database", "NAME", &Options::name, "Of this database only");
  declaration.flag("--steps", &Options::steps, "Each step too, not only beginnings and ends");
  declaration.text("--smtp", "URL", &Options::smtp, "Mail: the server, smtp://host:587 or smtps://host:465");
  declaration.text("--from", "ADDRESS", &Options::from, "Mail: the sender");
  declaration.text("--smtp-user", "NAME", &Options::smtp_user,
                   "Mail: who signs in at the server; the password is asked for, or read from standard input");
}

Result<int> run_notify_add(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  Json asked{{"url", options.url}, {"detail", options.steps ? "steps" : "operations"}};
  if (!options.name.empty()) asked["database"] = options.name;
  if (!options.smtp.empty()) asked["smtp"] = options.smtp;
  if (!options.from.empty()) asked["from"] = options.from;
  if (!options.smtp_user.empty()) {
    asked["smtp_user"] = options.smtp_user;
    asked["smtp_password"] = TRY(system::read_secret_line("Password at the mail server: "))
    .reveal();
  }
  const auto answer = TRY(api.post(kReceivers, asked));
  return report_receiver(answer, options, context, added_text(answer));
}

void declare_receiver(Declaration& declaration) { declaration.word("ID", &Options::name, "Of `pgbaton notify list`"); }

Result<int> run_notify_remove(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.remove(receiver_path(options.name)));
  return report_receiver(answer, options, context, fmt::format("{} is told nothing any more.\n", options.name));
}

Result<int> run_notify_test(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post(receiver_path(options.name) + "/test"));
  return report_receiver(answer, options, context, "It got there.\n");
}

}  // namespace pgbaton::cli
