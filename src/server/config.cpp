#include "server/config.hpp"

#include "system/toml_config.hpp"

namespace pgbaton::server {

using base::Code;
using base::Result;

namespace {

Result<> check_ports(const std::string& ports) {
  int first = 0;
  int last = 0;
  int end = 0;
  const int fields = std::sscanf(ports.c_str(), "%d-%d%n", &first, &last, &end);
  if (fields == 2 && end == static_cast<int>(ports.size()) && first >= 1 && first <= last && last <= 65535) return {};
  return base::fail({Code::invalid_argument, fmt::format("\"{}\" is not a range of ports", ports),
                     "Write it as FIRST-LAST, like 6001-6999."});
}

}  // namespace

Result<Config> read_config(const std::string& file) {
  const auto toml =
      TRY(system::TomlConfig::read(file, {"data", "listen", "certificate", "key", "agent", "gateway", "gateway_host",
                                          "gateway_ports", "node_ports", "catalog", "auto_release"}));
  Config config{.data = toml.text("data"),
                .certificate = toml.text("certificate"),
                .key = toml.text("key"),
                .gateway_host = toml.text("gateway_host", "127.0.0.1"),
                .gateway_ports = toml.text("gateway_ports", "6001-6999"),
                .node_ports = toml.text("node_ports", "20000-29999"),
                .catalog = toml.text("catalog"),
                .auto_release = toml.flag("auto_release", true)};
  config.listen = TRY(system::parse_endpoint(toml.text("listen", "127.0.0.1:8432")));
  config.agents["local"] = TRY(system::parse_http_target(toml.text("agent")));
  config.gateway = TRY(system::parse_http_target(toml.text("gateway")));
  TRY(check_ports(config.gateway_ports));
  TRY(check_ports(config.node_ports));
  if (!config.listen.is_loopback() && config.certificate.empty())
    return base::fail({Code::invalid_argument,
                       fmt::format("{} can be reached from other machines, so it needs TLS", to_string(config.listen)),
                       "Give certificate and key, or listen on 127.0.0.1."});
  return config;
}

}  // namespace pgbaton::server
