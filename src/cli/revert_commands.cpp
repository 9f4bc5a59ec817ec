#include "cli/revert_commands.hpp"

#include <iostream>

#include "base/time.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/report.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;

namespace {

bool has_nobody_to_ask(const Options& options, const Context& context) {
  const auto& console = context.console;
  return options.yes || options.json || !console.in_terminal || !console.err_terminal;
}

Result<> ask(const std::string& what, const std::string& refusal, const Context& context) {
  context.console.err << what << "\nGo on? [y/N] " << std::flush;
  std::string said;
  std::getline(std::cin, said);
  if (said == "y" || said == "Y" || said == "yes") return {};
  return base::fail({Code::refused, refusal, "Nothing was changed. Start it again when you want it."});
}

}  // namespace

void declare_revert(Declaration& declaration) {
  declaration.name();
  declaration.flag("--plan", &Options::only_plan, "Say what would be lost; change nothing");
  declaration.text("--max-stall", "TIME", &Options::max_stall,
                   "How long open transactions are waited for while all other clients wait; 5s unless said");
  declaration.flag("--end-sessions", &Options::end_sessions,
                   "End sessions that cannot be carried over, or whose transactions stay open too long");
  declaration.wait();
  declaration.flag("--yes,-y", &Options::yes, "Do not ask");
}

Result<int> run_revert(const Options& options, const Context& context) {
  const auto path = TRY(database_path(options.name, "/revert"));
  const auto api = TRY(Api::find(options, context.environment));
  if (options.only_plan || !has_nobody_to_ask(options, context)) {
    const auto plan = TRY(api.get(path));
    if (options.only_plan && options.json) context.console.print(plan);
    if (options.only_plan && !options.json) context.console.out << text_at(plan, "text") << "\n";
    if (options.only_plan) return 0;
    TRY(ask(text_at(plan, "text"), fmt::format("{} was not reverted: you did not say yes", options.name), context));
  }
  Json request = Json::object();
  if (options.end_sessions) request["end_sessions"] = true;
  if (!options.max_stall.empty()) request["max_stall_ms"] = TRY(base::parse_duration(options.max_stall))
  .count();
  const auto answer = TRY(api.post(path, request));
  const auto success = [&](const model::Operation& operation) {
    return fmt::format("{} runs PostgreSQL {} again, with its data as of the upgrade.\n", options.name,
                       plain_version(operation.to));
  };
  return report(api, answer, options.wait ? Wait::yes : Wait::no, success, context);
}

void declare_finalize(Declaration& declaration) {
  declaration.name();
  declaration.wait();
  declaration.flag("--yes,-y", &Options::yes, "Do not ask");
}

Result<int> run_finalize(const Options& options, const Context& context) {
  const auto path = TRY(database_path(options.name, "/finalize"));
  const auto api = TRY(Api::find(options, context.environment));
  if (!has_nobody_to_ask(options, context))
    TRY(ask(fmt::format("The version of {} from before its last major-upgrade is deleted: there is no way back then.",
                        options.name),
            fmt::format("{} was not finalized: you did not say yes", options.name), context));
  const auto answer = TRY(api.post(path, Json::object()));
  const auto success = [&](const model::Operation& operation) {
    return fmt::format("The old version of {}, PostgreSQL {}, is deleted.\n", options.name,
                       plain_version(operation.from));
  };
  return report(api, answer, options.wait ? Wait::yes : Wait::no, success, context);
}

}  // namespace pgbaton::cli
