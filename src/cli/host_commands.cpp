#include "cli/host_commands.hpp"

#include <charconv>

#include "base/units.hpp"
#include "cli/api.hpp"
#include "cli/json_view.hpp"
#include "cli/table.hpp"
#include "system/file.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;

namespace {

constexpr auto kHostsPath = "/api/v1/hosts";

Result<int> port_in(const std::string& text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65536) return port;
  return base::fail({Code::invalid_argument, fmt::format("\"{}\" is not a port", text), "It is a number up to 65535."});
}

std::string free_space(const Json& host) {
  const auto free = part_at(host, "free_bytes");
  return free.is_number_integer() ? base::humanise(base::Bytes{free.get<std::int64_t>()}) : "";
}

}  // namespace

void declare_host(Declaration& declaration) { declaration.word("NAME", &Options::name, "The host's name"); }

void declare_add_host(Declaration& declaration) {
  declare_host(declaration);
  declaration.word("ADDRESS", &Options::host_address, "Where this host and the others reach it, like 10.0.0.2");
  declaration.text("--port", "PORT", &Options::host_port, "Where its agent listens, 8433 unless said");
  declaration.text("--out", "FILE", &Options::out,
                   "Where the agent's settings are written; standard output unless said");
}

Result<int> run_hosts_list(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.get(kHostsPath));
  if (options.json) {
    context.console.print(answer);
    return 0;
  }
  Table table{{{"NAME"}, {"ADDRESS"}, {"STATE"}, {"NODES", Align::right}, {"FREE", Align::right}, {"TROUBLE"}}};
  for (const auto& host : part_at(answer, "hosts")) {
    const bool is_up = text_at(host, "state") == "up";
    table.add({{text_at(host, "name"), Paint::strong},
               text_at(host, "address"),
               {text_at(host, "state"), is_up ? Paint::good : Paint::bad},
               std::to_string(host.value("nodes", 0)),
               free_space(host),
               text_at(host, "trouble")});
  }
  context.console.out << table.render(context.console);
  return 0;
}

Result<int> run_hosts_add(const Options& options, const Context& context) {
  Json asked{{"name", options.name}, {"address", options.host_address}};
  if (!options.host_port.empty()) asked["port"] = TRY(port_in(options.host_port));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post(kHostsPath, asked));
  const auto file = answer.at("agent_file").get<std::string>();
  if (!options.out.empty()) {
    TRY(system::write_file_atomic(options.out, file, 0600));
    if (!options.json)
      context.console.out << fmt::format("Host {} is known. Copy {} there, and run: pgbaton agent --config {}\n",
                                         options.name, options.out, system::Path{options.out}.filename().string());
  }
  if (options.json)
    context.console.print(answer);
  else if (options.out.empty())
    context.console.out << file;
  return 0;
}

Result<int> run_hosts_remove(const Options& options, const Context& context) {
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.remove(fmt::format("{}/{}", kHostsPath, encoded(options.name))));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << fmt::format("Host {} is forgotten. Its agent may be ended there.\n", options.name);
  return 0;
}

}  // namespace pgbaton::cli
