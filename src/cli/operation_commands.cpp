#include "cli/operation_commands.hpp"

#include "base/time.hpp"
#include "cli/declaration.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "cli/text_layout.hpp"

namespace pgbaton::cli {

using base::Json;
using base::Result;
using model::Operation;

std::string operation_table(const Json& answer, const Console& console) {
  Table table{{{"ID"}, {"WHAT"}, {"DATABASE"}, {"VERSION"}, {"STATE"}, {"STARTED"}, {"TOOK", Align::right}}};
  for (const auto& row : part_at(answer, "operations")) {
    const auto operation = read_operation(row).value_or(Operation{});
    const auto took = duration(operation);
    table.add({operation.id,
               std::string{noun(operation.kind)},
               operation.database,
               versions(operation),
               {std::string{to_string(operation.state)}, paint_of(operation.state)},
               short_time(operation.created_at),
               took ? base::humanise(*took) : ""});
  }
  return table.empty() ? "There are no operations yet.\n" : table.render(console);
}

void declare_operation(Declaration& declaration) {
  declaration.word("ID", &Options::operation, "The operation's id, as `pgbaton operations` shows it");
}

void declare_operations(Declaration& declaration) {
  declaration.optional_word("NAME", &Options::name, "Only those of this database");
}

Result<int> run_operations(const Options& options, const Context& context) {
  std::string path = "/api/v1/operations";
  if (!options.name.empty()) {
    TRY(database_path(options.name));
    path += "?database=" + encoded(options.name);
  }
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.get(path));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << operation_table(answer, context.console);
  return 0;
}

void declare_show_operation(Declaration& declaration) {
  declare_operation(declaration);
  declaration.flag("--follow", &Options::follow, "Watch it until it has ended and return its exit status");
}

Result<int> run_operation(const Options& options, const Context& context) {
  const auto path = TRY(operation_path(options.operation));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.get(path));
  if (options.follow)
    return report(
        api, answer, Wait::yes,
        [](const Operation& operation) { return fmt::format("The {} is done.\n", title(operation)); }, context);
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << describe(TRY(read_operation(answer)), context.console);
  return 0;
}

Result<int> run_cancel(const Options& options, const Context& context) {
  const auto path = TRY(operation_path(options.operation, "/cancel"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post(path));
  if (options.json) {
    context.console.print(answer);
    return 0;
  }
  const auto operation = TRY(read_operation(answer));
  const bool ended = model::has_ended(operation.state);
  context.console.out << fmt::format("The {} {}.\n", title(operation),
                                     ended ? "is cancelled" : "is being cancelled: what was begun is undone");
  return 0;
}

}  // namespace pgbaton::cli
