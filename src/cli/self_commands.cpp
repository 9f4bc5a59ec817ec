// server, agent, gateway, version, help.
#include <sys/prctl.h>

#include "base/text.hpp"
#include "cli/help.hpp"
#include "cli/machine_commands.hpp"
#include "cli/version.hpp"
#include "system/log.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;

namespace {

Result<int> serve(const char* part, const std::function<Result<>(const std::string&)>& run, const Options& options,
                  const Context& context) {
  system::set_log_part(part);
  ::prctl(PR_SET_NAME, fmt::format("pgbaton-{}", part).c_str());  // run as /proc/self/exe it would be named "exe"
  const auto result = run(options.config);
  if (result) return 0;
  if (context.console.err_terminal) return std::unexpected(result.error());
  const auto& row = base::traits(result.error().code);
  system::log_error(result.error().message, {{"code", row.name}, {"remedy", result.error().remedy_or_default()}});
  return row.exit_status;
}

}  // namespace

void declare_config(Declaration& declaration) {
  declaration.required_text("--config", "FILE", &Options::config,
                            "Its settings, a TOML file as `pgbaton up` writes it to DIR/run");
}

void declare_gateway(Declaration& declaration) {
  declare_config(declaration);
  declaration.flag("--takeover", &Options::takeover,
                   "Serve in the place of the gateway that runs with these settings; its clients stay connected");
}

Result<int> run_server(const Options& options, const Context& context) {
  return serve("server", context.daemons.server, options, context);
}

Result<int> run_agent(const Options& options, const Context& context) {
  return serve("agent", context.daemons.agent, options, context);
}

Result<int> run_gateway(const Options& options, const Context& context) {
  return serve("gateway", options.takeover ? context.daemons.gateway_takeover : context.daemons.gateway, options,
               context);
}

Result<int> run_version(const Options& options, const Context& context) {
  if (options.json)
    context.console.print(base::Json{{"version", kVersion}});
  else
    context.console.out << "pgbaton " << kVersion << '\n';
  return 0;
}

void declare_help(Declaration& declaration) {
  declaration.words("COMMAND", &Options::topic, "One of the commands, like `upgrade` or `engines install`", false);
}

Result<int> run_help(const Options& options, const Context& context) {
  const auto topic = base::join(options.topic, " ");
  const auto& console = context.console;
  if (topic.empty()) {
    console.out << general_help(console);
  } else if (const auto* command = find_command(topic)) {
    console.out << command_help(*command, console);
  } else if (std::ranges::any_of(commands(), [&](const auto& row) { return row.path.starts_with(topic + " "); })) {
    console.out << group_help(topic, console);
  } else {
    return base::fail({Code::invalid_argument, fmt::format("there is no command \"{}\"", topic),
                       "`pgbaton help` lists the commands."});
  }
  return 0;
}

}  // namespace pgbaton::cli
