#include "cli/resize_command.hpp"

#include <iostream>

#include "base/time.hpp"
#include "cli/declaration.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/report.hpp"
#include "cli/upgrade_text.hpp"
#include "model/plan.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;

namespace {

Result<Json> resize_request(const Options& options) {
  Json request = Json::object();
  if (!options.plan.empty()) request["plan"] = TRY(model::parse_plan(options.plan));
  if (!options.replication.empty()) request["replication"] = options.replication;
  if (request.empty())
    return base::fail({Code::invalid_argument, "nothing to change was given", "Give --plan, --replication or both."});
  if (options.end_sessions) request["end_sessions"] = true;
  if (!options.max_stall.empty()) request["max_stall_ms"] = TRY(base::parse_duration(options.max_stall))
  .count();
  return request;
}

Result<> confirm_resize(const Json& plan, const Options& options, const Context& context) {
  context.console.err << upgrade_plan_text(plan, context.console) << "\nGo on? [y/N] " << std::flush;
  std::string said;
  std::getline(std::cin, said);
  if (said == "y" || said == "Y" || said == "yes") return {};
  return base::fail({Code::refused, fmt::format("{} was not changed: you did not say yes", options.name),
                     "Start it again when you want it."});
}

}  // namespace

void declare_resize(Declaration& declaration) {
  declaration.name();
  declaration.text("--plan", "PLAN", &Options::plan, "Topology and memory in MB: starter-512, business-4096 …");
  declaration.text("--replication", "KIND", &Options::replication,
                   "Whether commits wait for a standby: synchronous or asynchronous");
  declaration.flag("--dry-run", &Options::only_plan, "Show what would be done and how long it takes; change nothing");
  declaration.text("--max-stall", "TIME", &Options::max_stall,
                   "How long open transactions are waited for while all other clients wait; 5s unless said");
  declaration.flag("--end-sessions", &Options::end_sessions,
                   "End sessions that cannot be carried over, or whose transactions stay open too long");
  declaration.wait();
  declaration.flag("--yes,-y", &Options::yes, "Do not ask");
}

Result<int> run_resize(const Options& options, const Context& context) {
  const auto request = TRY(resize_request(options));
  const auto path = TRY(database_path(options.name, "/resize"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto& console = context.console;
  const bool asks = !options.yes && !options.json && console.in_terminal && console.err_terminal;
  if (options.only_plan || asks) {
    const auto plan = TRY(
        api.get(fmt::format("{}?plan={}&replication={}", path, encoded(options.plan), encoded(options.replication))));
    if (options.only_plan && options.json) console.print(plan);
    if (options.only_plan && !options.json) console.out << upgrade_plan_text(plan, console);
    if (options.only_plan) return 0;
    TRY(confirm_resize(plan, options, context));
  }
  const auto answer = TRY(api.post(path, request));
  const auto success = [](const model::Operation& operation) {
    return fmt::format("{} has the plan {}.{}\n", operation.database, operation.to, waited_text(operation));
  };
  return report(api, answer, options.wait ? Wait::yes : Wait::no, success, context);
}

}  // namespace pgbaton::cli
