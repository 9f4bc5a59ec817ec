#include "cli/maintenance_command.hpp"

#include "base/time.hpp"
#include "cli/api.hpp"
#include "cli/declaration.hpp"
#include "cli/json_view.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;

namespace {

// A bare number is seconds: nobody gives transactions milliseconds.
Result<base::Millis> grace_of(const std::string& said) {
  const bool is_number = said.find_first_not_of("0123456789") == std::string::npos;
  return base::parse_duration(is_number ? said + "s" : said);
}

Result<Json> maintenance_request(const Options& options) {
  Json request = Json::object();
  if (!options.message.empty()) request["message"] = options.message;
  if (!options.until.empty()) request["until"] = options.until;
  if (!options.grace.empty()) request["grace_ms"] = TRY(grace_of(options.grace))
  .count();
  return request;
}

std::string begun_text(const std::string& name, const Json& maintenance) {
  const auto until = text_at(maintenance, "until");
  const auto grace = base::humanise(base::Millis{number_at(maintenance, "grace_ms")});
  return fmt::format(
      "{0} is in maintenance{1}: nobody is let in, and sessions end with their transactions, {2} after the beginning "
      "at "
      "the latest. `pgbaton maintenance {0} off` ends it.\n",
      name, until.empty() ? "" : fmt::format(" until {} UTC", short_time(until)), grace);
}

}  // namespace

void declare_maintenance(Declaration& declaration) {
  declaration.name();
  declaration.word("on|off", &Options::mode, "Whether it is in maintenance");
  declaration.text("--message", "TEXT", &Options::message, "What clients and people are told: one line");
  declaration.text("--until", "TIME", &Options::until,
                   "It ends by itself then: a time like 2026-11-28T01:00:00Z, or how long from now like 30min");
  declaration.text("--grace", "TIME", &Options::grace,
                   "How long open transactions may go on before they are ended too; 60s unless said, 0: at once");
}

Result<int> run_maintenance(const Options& options, const Context& context) {
  if (options.mode != "on" && options.mode != "off")
    return base::fail(Code::invalid_argument, "maintenance is on or off, not \"{}\"", options.mode);
  const auto request = TRY(maintenance_request(options));
  const bool is_on = options.mode == "on";
  if (!is_on && !request.empty())
    return base::fail({Code::invalid_argument, "--message, --until and --grace are for a maintenance that begins",
                       fmt::format("To end it: pgbaton maintenance {} off", options.name)});
  const auto path = TRY(database_path(options.name, "/maintenance"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(is_on ? api.put(path, request) : api.remove(path));
  if (options.json)
    context.console.print(answer);
  else if (is_on)
    context.console.out << begun_text(options.name, part_at(answer, "maintenance"));
  else
    context.console.out << fmt::format("{} is not in maintenance: clients are let in.\n", options.name);
  return 0;
}

}  // namespace pgbaton::cli
