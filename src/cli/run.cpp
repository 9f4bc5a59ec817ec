#include "cli/run.hpp"

#include "cli/command_line.hpp"
#include "cli/help.hpp"

namespace pgbaton::cli {
namespace {

base::Result<int> dispatch(const std::vector<std::string>& arguments, const Context& context) {
  constexpr int kUsage = 2;
  const auto invocation = TRY(parse_command_line(arguments));
  const auto& console = context.console;
  if (invocation.command == nullptr) {
    (invocation.options.help ? console.out : console.err) << general_help(console);
    return invocation.options.help ? 0 : kUsage;
  }
  if (invocation.options.help) {
    console.out << command_help(*invocation.command, console);
    return 0;
  }
  return invocation.command->run(invocation.options, context);
}

}  // namespace

int run(const std::vector<std::string>& arguments, Console console, const Environment& environment,
        const Daemons& daemons) {
  // Known before the command line is understood, because its mistakes are answered in the same way.
  console.json = std::ranges::find(arguments, "--json") != arguments.end();
  const auto status = dispatch(arguments, {console, environment, daemons});
  if (status) return *status;
  console.print(status.error());
  return base::traits(status.error().code).exit_status;
}

}  // namespace pgbaton::cli
