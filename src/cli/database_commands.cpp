#include "cli/database_commands.hpp"

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/database_text.hpp"
#include "cli/declaration.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/report.hpp"
#include "model/database.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;

namespace {

// What the API answers about one database: as it is, or as a text for people.
Result<int> show(const Options& options, const Context& context, std::string_view rest,
                 std::string (*text)(const Json& answer, const Console& console)) {
  const auto path = TRY(database_path(options.name, rest));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.get(path));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << text(answer, context.console);
  return 0;
}

Result<Json> create_request(const Options& options) {
  TRY(model::check_database_name(options.name));
  TRY(model::parse_plan(options.plan));
  Json request{{"name", options.name}, {"plan", options.plan}};
  if (!options.version.empty()) {
    TRY(model::parse_version_request(options.version));
    request["version"] = options.version;
  }
  if (!options.replication.empty()) request["replication"] = options.replication;
  if (options.locale_provider.empty() && options.locale_name.empty()) return request;
  const auto provider = options.locale_provider.empty() ? "libc" : options.locale_provider;
  if (!model::parse_LocaleProvider(provider))
    return base::fail({Code::invalid_argument, fmt::format("there is no locale provider \"{}\"", provider),
                       "Locale providers are libc, icu (from PostgreSQL 15) and builtin (from 17)."});
  request["locale"] = {{"provider", provider}};
  if (!options.locale_name.empty()) request["locale"]["name"] = options.locale_name;
  return request;
}

}  // namespace

void declare_create(Declaration& declaration) {
  declaration.word("NAME", &Options::name, "Lower-case letters, digits and underscores; also the name of its owner");
  declaration.required_text("--plan", "PLAN", &Options::plan,
                            "Topology and memory in MB: starter-512, business-4096, enterprise-8192 …");
  declaration.text("--version", "V", &Options::version,
                   "PostgreSQL's version: 17 or 17.12; without it the default one");
  declaration.text("--locale-provider", "P", &Options::locale_provider,
                   "Who orders strings: libc, icu (from 15) or builtin (from 17)");
  declaration.text("--locale", "NAME", &Options::locale_name, "The locale, like C.UTF-8 or de-DE");
  declaration.text("--replication", "KIND", &Options::replication,
                   "Whether commits wait for a standby: synchronous (usual for enterprise) or asynchronous");
  declaration.wait();
}

Result<int> run_create(const Options& options, const Context& context) {
  const auto request = TRY(create_request(options));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post("/api/v1/databases", request));
  const auto success = [&](const model::Operation& operation) {
    return fmt::format("{} is ready: PostgreSQL {}. `pgbaton url {}` prints how to connect.\n", options.name,
                       plain_version(operation.to), options.name);
  };
  return report(api, answer, options.wait ? Wait::yes : Wait::no, success, context);
}

Result<int> run_list(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.get("/api/v1/databases"));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << database_table(answer, context.console);
  return 0;
}

Result<int> run_show(const Options& options, const Context& context) {
  return show(options, context, "", describe_database);
}

void declare_configure(Declaration& declaration) {
  declaration.name();
  declaration.text("--park-after", "TIME", &Options::park_after,
                   "Idle sessions give their server connection back after it; off: never");
  declaration.text("--allow", "RANGES", &Options::allow,
                   "Addresses and ranges that clients may come from, separated by commas; all: everybody");
  declaration.text("--rehearsal", "HOW", &Options::rehearsal,
                   "required: no upgrade without a rehearsal of it that has passed; optional: as usual");
  declaration.text("--window", "WINDOW", &Options::window,
                   "When upgrades may begin by themselves: \"sun 03:00 2h Europe/Berlin\"; none: never");
  declaration.text("--auto-minor", "HOW", &Options::auto_minor,
                   "on: newer minors are scheduled for the window by themselves, a day ahead; off: as usual");
}

namespace {

Result<bool> is_rehearsal_required(const std::string& said) {
  if (said == "required" || said == "optional") return said == "required";
  return base::fail(Code::invalid_argument, "--rehearsal is required or optional, not \"{}\"", said);
}

Result<bool> is_on(const std::string& said) {
  if (said == "on" || said == "off") return said == "on";
  return base::fail(Code::invalid_argument, "--auto-minor is on or off, not \"{}\"", said);
}

}  // namespace

Result<int> run_configure(const Options& options, const Context& context) {
  Json asked = Json::object();
  if (options.park_after == "off")
    asked["park_after_ms"] = 0;
  else if (!options.park_after.empty())
    asked["park_after_ms"] = TRY(base::parse_duration(options.park_after))
  .count();
  if (!options.allow.empty())
    asked["allow"] = options.allow == "all" ? Json::array() : Json(base::split(options.allow, ','));
  if (!options.rehearsal.empty()) asked["requires_rehearsal"] = TRY(is_rehearsal_required(options.rehearsal));
  if (!options.window.empty()) asked["window"] = options.window == "none" ? Json{} : Json(options.window);
  if (!options.auto_minor.empty()) asked["auto_minor"] = TRY(is_on(options.auto_minor));
  if (asked.empty())
    return base::fail({base::Code::invalid_argument, "nothing to change was given",
                       "Give --park-after, --allow, --rehearsal, --window or --auto-minor."});
  const auto path = TRY(database_path(options.name));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.patch(path, asked));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << describe_database(answer, context.console);
  return 0;
}

Result<int> run_sessions(const Options& options, const Context& context) {
  return show(options, context, "/sessions", sessions_text);
}

Result<int> run_url(const Options& options, const Context& context) {
  return show(options, context, "/url",
              [](const Json& answer, const Console&) { return text_at(answer, "url") + "\n"; });
}

void declare_destroy(Declaration& declaration) {
  declaration.name();
  declaration.text("--confirm", "NAME", &Options::confirm,
                   "The database's name once more: what it holds is deleted for good");
  declaration.wait();
}

Result<int> run_destroy(const Options& options, const Context& context) {
  const auto path = TRY(database_path(options.name));
  const auto api = TRY(Api::find(options, context.environment));
  if (options.confirm != options.name) {
    const auto database = TRY(api.get(path));
    return base::fail({Code::refused, what_destroy_deletes(database),
                       fmt::format("To delete it: pgbaton destroy {0} --confirm {0}", options.name)});
  }
  const auto answer = TRY(api.remove(fmt::format("{}?confirm={}", path, encoded(options.confirm))));
  const auto success = [&](const model::Operation&) { return fmt::format("{} is deleted.\n", options.name); };
  return report(api, answer, options.wait ? Wait::yes : Wait::no, success, context);
}

}  // namespace pgbaton::cli
