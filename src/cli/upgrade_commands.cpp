#include "cli/upgrade_commands.hpp"

#include <iostream>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/declaration.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/report.hpp"
#include "cli/upgrade_text.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;

namespace {

Result<> check_to(const Options& options) {
  if (!options.to.empty()) TRY(model::parse_version_request(options.to));
  return {};
}

Result<Json> upgrade_request(const Options& options) {
  Json request = Json::object();
  if (!options.to.empty()) request["to"] = options.to;
  if (options.direct) request["direct"] = true;
  if (options.end_sessions) request["end_sessions"] = true;
  if (!options.transfer.empty()) request["transfer"] = options.transfer;
  if (!options.digest.empty()) request["digest"] = options.digest;
  if (!options.max_stall.empty()) request["max_stall_ms"] = TRY(base::parse_duration(options.max_stall))
  .count();
  return request;
}

Result<Json> upgrade_plan(const Api& api, const Options& options) {
  const auto path = TRY(database_path(options.name, "/upgrade"));
  return api.get(fmt::format("{}?to={}&direct={}&transfer={}", path, encoded(options.to), options.direct,
                             encoded(options.transfer)));
}

// Scripts have nobody to ask: there the command itself is the decision.
Result<> confirm(const Api& api, const Options& options, const Context& context) {
  const auto& console = context.console;
  if (options.yes || options.json || !console.in_terminal || !console.err_terminal) return {};
  const auto plan = TRY(upgrade_plan(api, options));
  console.err << upgrade_plan_text(plan, console);
  if (text_at(part_at(plan, "preflight"), "verdict") == "stop") return {};  // the server refuses, in its own words
  console.err << "\nGo on? [y/N] " << std::flush;
  std::string said;
  std::getline(std::cin, said);
  if (said == "y" || said == "Y" || said == "yes") return {};
  return base::fail({Code::refused, fmt::format("{} was not upgraded: you did not say yes", options.name),
                     "Nothing was changed. Start it again when you want it."});
}

std::string success_text(const model::Operation& operation) {
  return fmt::format("{} runs PostgreSQL {}.{}\n", operation.database, plain_version(operation.to),
                     waited_text(operation));
}

std::string scheduled_text(const std::string& name, const Json& answer) {
  return fmt::format(
      "{} will be upgraded to {}: it begins between {} and {} (UTC), by itself.\n"
      "Take it back with: pgbaton upgrade {} --at never\n",
      name, text_at(answer, "to"), short_time(text_at(answer, "from")), short_time(text_at(answer, "until")), name);
}

// --at: later, or not any more.
Result<int> schedule(const Api& api, const Options& options, Json request, const Context& context) {
  const auto path = TRY(database_path(options.name, "/schedule"));
  const bool never = options.at == "never";
  request["at"] = options.at;
  const auto answer = TRY(never ? api.remove(path) : api.put(path, request));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << (never ? fmt::format("{} will not be upgraded by itself.\n", options.name)
                                  : scheduled_text(options.name, answer));
  return 0;
}

}  // namespace

Result<int> run_offers(const Options& options, const Context& context) {
  const auto path = TRY(database_path(options.name, "/offers"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.get(path));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << offers_text(options.name, answer, context.console);
  return 0;
}

void declare_preflight(Declaration& declaration) {
  declaration.optional_word("NAME", &Options::name, "The database's name");
  declaration.to();
  declaration.flag("--direct", &Options::direct, "Allow more than one major in one step");
  declaration.text("--check", "ID", &Options::check, "Run this one check alone; nothing is kept of it");
  declaration.flag("--last", &Options::last, "Show what the last one found, its age, and whether it still holds");
  declaration.flag("--checks", &Options::checks, "List the checks: what each looks for, and in which upgrades");
}

namespace {

Result<> check_preflight_words(const Options& options) {
  TRY(check_to(options));
  if (options.name.empty() && !options.checks)
    return base::fail({Code::invalid_argument, "NAME is missing",
                       "Usage: pgbaton preflight NAME [--to V], or pgbaton preflight --checks"});
  const int ways = (options.last ? 1 : 0) + (options.checks ? 1 : 0) + (options.check.empty() ? 0 : 1);
  if (ways > 1)
    return base::fail(
        {Code::invalid_argument, "--last, --checks and --check are three different things", "Give one of them."});
  return {};
}

Result<Json> preflight_answer(const Api& api, const Options& options) {
  if (options.checks) return api.get("/api/v1/checks");
  const auto path = TRY(database_path(options.name, "/preflight"));
  if (options.last) return api.get(fmt::format("{}?to={}", path, encoded(options.to)));
  auto request = TRY(upgrade_request(options));
  if (!options.check.empty()) request["check"] = options.check;
  return api.post(path, request);
}

}  // namespace

Result<int> run_preflight(const Options& options, const Context& context) {
  constexpr int kStopped = 4;
  TRY(check_preflight_words(options));
  if (!options.checks) TRY(database_path(options.name, "/preflight"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(preflight_answer(api, options));
  if (options.json)
    context.console.print(answer);
  else if (options.checks)
    context.console.out << checks_text(answer, context.console);
  else
    context.console.out << preflight_text(options.name, answer, context.console);
  return text_at(answer, "verdict") == "stop" ? kStopped : 0;
}

namespace {

void declare_hold_terms(Declaration& declaration) {
  declaration.text("--max-stall", "TIME", &Options::max_stall,
                   "How long open transactions are waited for while all other clients wait; 5s unless said");
  declaration.flag("--end-sessions", &Options::end_sessions,
                   "End sessions that cannot be carried over, or whose transactions stay open too long");
}

}  // namespace

void declare_upgrade(Declaration& declaration) {
  declaration.name();
  declaration.to();
  declaration.flag("--plan", &Options::only_plan, "Show what would be done and how long it takes; change nothing");
  declaration.flag("--direct", &Options::direct, "Allow more than one major in one step");
  declare_hold_terms(declaration);
  declaration.text("--transfer", "MODE", &Options::transfer,
                   "Majors: link, clone or copy the files; clone where the file system can, else link, unless said");
  declaration.text("--digest", "ROWS", &Options::digest,
                   "Majors: sample, or whole to compare every row before and after, while clients wait");
  declaration.text("--at", "WHEN", &Options::at,
                   "now; window: in the maintenance window; a time like 2026-11-29T03:00:00Z; never: take it back");
  declaration.wait();
  declaration.flag("--yes,-y", &Options::yes, "Do not ask");
}

Result<int> run_upgrade(const Options& options, const Context& context) {
  TRY(check_to(options));
  const auto request = TRY(upgrade_request(options));
  const auto path = TRY(database_path(options.name, "/upgrade"));
  const auto api = TRY(Api::find(options, context.environment));
  if (options.only_plan) {
    const auto plan = TRY(upgrade_plan(api, options));
    if (options.json)
      context.console.print(plan);
    else
      context.console.out << upgrade_plan_text(plan, context.console);
    return 0;
  }
  if (options.at == "never") return schedule(api, options, request, context);
  TRY(confirm(api, options, context));
  if (!options.at.empty() && options.at != "now") return schedule(api, options, request, context);
  const auto answer = TRY(api.post(path, request));
  return report(api, answer, options.wait ? Wait::yes : Wait::no, success_text, context);
}

void declare_switchover(Declaration& declaration) {
  declaration.name();
  declare_hold_terms(declaration);
  declaration.wait();
}

Result<int> run_switchover(const Options& options, const Context& context) {
  const auto request = TRY(upgrade_request(options));
  const auto path = TRY(database_path(options.name, "/switchover"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post(path, request));
  const auto success = [](const model::Operation& operation) {
    const auto primary = text_at(operation.certificate, "new_primary");
    return fmt::format("{} has a new primary: {}.{}\n", operation.database, primary, waited_text(operation));
  };
  return report(api, answer, options.wait ? Wait::yes : Wait::no, success, context);
}

}  // namespace pgbaton::cli
