#include "cli/engine_commands.hpp"

#include "base/text.hpp"
#include "cli/api.hpp"
#include "cli/declaration.hpp"
#include "cli/engine_text.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/report.hpp"

namespace pgbaton::cli {

using base::Json;
using base::Result;

namespace {

constexpr auto kEngines = "/api/v1/engines";

int print_engines(const Json& answer, const Context& context) {
  if (context.console.json)
    context.console.print(answer);
  else
    context.console.out << engine_table(answer, context.console);
  return 0;
}

std::vector<std::string> names_in(const Json& array) {
  std::vector<std::string> names;
  for (const auto& name : array)
    if (name.is_string()) names.push_back(name.get<std::string>());
  return names;
}

}  // namespace

Result<int> run_engines_list(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  return print_engines(TRY(api.get(kEngines)), context);
}

Result<int> run_engines_sync(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  if (context.console.err_terminal && !options.json) context.console.err << "Asking the sources …" << std::flush;
  const auto answer = api.post(std::string{kEngines} + "/sync");
  if (context.console.err_terminal && !options.json) context.console.err << "\r\x1b[2K" << std::flush;
  return print_engines(TRY(answer), context);
}

void declare_qualify(Declaration& declaration) {
  declaration.engine();
  declaration.flag("--short", &Options::short_level, "As after an install: without extensions and load; takes seconds");
}

Result<int> run_engines_qualify(const Options& options, const Context& context) {
  const auto path = TRY(engine_path(options.engine, "/qualify"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post(path, {{"level", options.short_level ? "short" : "long"}}));
  const auto success = [&](const model::Operation& operation) {
    const auto engines = api.get(kEngines);
    return engines ? qualification_text(*engines, operation.to.empty() ? options.engine : operation.to, context.console)
                   : fmt::format("{} is qualified.\n", options.engine);
  };
  return report(api, answer, Wait::yes, success, context);
}

void declare_release(Declaration& declaration) {
  declaration.engine();
  declaration.flag("--default", &Options::make_default, "New databases get it when no version is asked for");
}

Result<int> run_engines_release(const Options& options, const Context& context) {
  const auto path = TRY(engine_path(options.engine, "/release"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post(path, {{"default", options.make_default}}));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << fmt::format("{} is {}: databases may be created on it and upgraded to it.\n",
                                       engine_name(answer),
                                       text_at(answer, "state") == "default" ? "the default now" : "released");
  return 0;
}

Result<int> run_engines_withdraw(const Options& options, const Context& context) {
  const auto path = TRY(engine_path(options.engine, "/withdraw"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post(path));
  if (options.json) {
    context.console.print(answer);
    return 0;
  }
  const auto users = names_in(part_at(answer, "used_by"));
  context.console.out << fmt::format("{} is withdrawn: it is offered no more.\n",
                                     engine_name(part_at(answer, "engine")));
  if (!users.empty())
    context.console.out << fmt::format("Still on it: {}. `pgbaton offers NAME` says where they can go.\n",
                                       base::join(users, ", "));
  return 0;
}

}  // namespace pgbaton::cli
