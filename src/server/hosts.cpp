#include "server/hosts.hpp"

#include "system/certificate.hpp"
#include "system/clock.hpp"
#include "system/toml_config.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Host;
using system::Path;

namespace {

constexpr int kAgentPort = 8433;

std::string key_of(const std::string& host) { return "hosts/" + host; }

Result<> check_host_name(const std::string& name) {
  const auto allowed = [](char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-'; };
  if (name.empty() || name.size() > 40 || !std::ranges::all_of(name, allowed) || name == model::kLocalHost)
    return base::fail({Code::invalid_argument, fmt::format("\"{}\" cannot be the name of a host", name),
                       "Lower case letters, digits and -, at most 40; \"local\" is this host."});
  return {};
}

Result<Host> host_asked_for(const Json& asked) {
  if (!asked.is_object() || !asked.contains("name") || !asked["name"].is_string() || !asked.contains("address") ||
      !asked["address"].is_string())
    return base::fail(Code::invalid_argument, "the body is an object: {{name, address, port}}");
  Host host{.name = asked["name"], .address = asked["address"], .port = kAgentPort, .added_at = system::timestamp()};
  TRY(check_host_name(host.name));
  if (!system::is_address(host.address))
    return base::fail({Code::invalid_argument, fmt::format("\"{}\" is not an address", host.address),
                       "Give it in numbers, like 10.0.0.2."});
  if (system::Endpoint{host.address, 1}.is_loopback())
    return base::fail({Code::invalid_argument, fmt::format("{} is this host itself", host.address), {}});
  if (!asked.contains("port") || asked["port"].is_null()) return host;
  if (!asked["port"].is_number_integer() || asked["port"] < 1 || asked["port"] > 65535)
    return base::fail(Code::invalid_argument, "\"port\" is a number from 1 to 65535");
  host.port = asked["port"];
  return host;
}

struct Pem {
  std::string certificate;
  std::string key;
};

// Made in a folder of its own: the key is nobody's but the host's.
Result<Pem> issue(const Path& authority, const Host& host) {
  const auto folder = TRY(system::TempDir::create(authority, "issue-"));
  const system::CertificateRequest request{host.name, {host.name}, {host.address}};
  const auto certificate = folder.path() / "host.crt";
  const auto key = folder.path() / "host.key";
  TRY(system::issue_certificate(authority, request, certificate, key));
  Pem pem;
  pem.certificate = TRY(system::read_file(certificate));
  pem.key = TRY(system::read_file(key));
  return pem;
}

std::string line(const char* name, const std::string& value) {
  return fmt::format("{} = {}\n", name, system::toml_quote(value));
}

std::string block(const char* name, const std::string& pem) { return fmt::format("{} = '''\n{}'''\n", name, pem); }

}  // namespace

system::HttpTarget Hosts::target_of(const Host& host) const {
  const auto control = shop_.agents.tls() / "hosts";
  return {.endpoint = {host.address, host.port},
          .tls = true,
          .ca_file = control / "ca.crt",
          .certificate = control / "server.crt",
          .key = control / "server.key"};
}

Result<> Hosts::load() {
  for (const auto& document : TRY(store::list_as<Host>(shop_.records.store(), "hosts/")))
    shop_.agents.add(document.value.name, target_of(document.value), document.value.address);
  return {};
}

Result<int> Hosts::nodes_on(const std::string& host) const {
  int count = 0;
  for (const auto& database : TRY(shop_.records.databases()))
    count += static_cast<int>(std::ranges::count(database.value.nodes, host, &model::Node::host));
  return count;
}

Result<Json> Hosts::list() {
  std::map<std::string, Host> known;
  known[model::kLocalHost] = {.name = model::kLocalHost};
  for (const auto& document : TRY(store::list_as<Host>(shop_.records.store(), "hosts/")))
    known[document.value.name] = document.value;
  Json rows = Json::array();
  for (const auto& [name, host] : known) {
    const auto status = shop_.agents.of_host(name).host();
    const auto nodes = TRY(nodes_on(name));
    auto trouble = status ? Json{} : Json(status.error().message);
    if (name == model::kLocalHost && known.size() > 1)
      if (const auto reachable = check_reachable(); !reachable) trouble = reachable.error().message;
    rows.push_back({{"name", name},
                    {"address", host.address.empty() && status ? status->address : host.address},
                    {"state", status ? "up" : "unreachable"},
                    {"nodes", nodes},
                    {"free_bytes", status ? Json(status->free_space) : Json{}},
                    {"trouble", trouble}});
  }
  return Json{{"hosts", rows}};
}

// Nodes find each other, and gateways find nodes, by addresses that both sides can reach.
Result<> Hosts::check_reachable() const {
  const auto address = TRY(shop_.agents.address_of(model::kLocalHost));
  if (!system::Endpoint{address, 1}.is_loopback()) return {};
  return base::fail({Code::refused, fmt::format("other hosts cannot reach this one: its address is {}", address),
                     "Start `pgbaton up` with --address ADDR, this host's address in their network."});
}

Result<std::string> Hosts::agent_file(const Host& host) const {
  const auto& tls = shop_.agents.tls();
  const auto control = TRY(issue(tls / "hosts", host));
  const auto postgresql = TRY(issue(tls, host));
  const auto control_authority = TRY(system::read_file(tls / "hosts" / "ca.crt"));
  const auto postgresql_authority = TRY(system::read_file(tls / "ca.crt"));
  return fmt::format("# The agent of host {} (pgbaton). It holds private keys: keep it readable for root only.\n",
                     host.name) +
         "# On that host: pgbaton agent --config THIS_FILE\n" +
         "# data = \"/var/lib/pgbaton\"     where everything is kept; as an ordinary user ~/.local/state/pgbaton\n" +
         "# engines = \"DATA/engines\"      where versions of PostgreSQL are unpacked\n" +
         "# user = \"pgbaton\"              started as root: whom to become\n" +
         line("listen", system::to_string(system::Endpoint{host.address, host.port})) + line("address", host.address) +
         block("control_authority", control_authority) + block("control_certificate", control.certificate) +
         block("control_key", control.key) + block("postgresql_authority", postgresql_authority) +
         block("postgresql_certificate", postgresql.certificate) + block("postgresql_key", postgresql.key);
}

Result<Json> Hosts::add(const Json& asked) {
  const auto host = TRY(host_asked_for(asked));
  TRY(check_reachable());
  auto& store = shop_.records.store();
  const auto before = TRY(store::get_as<Host>(store, key_of(host.name)));
  if (before && before->value.address != host.address && TRY(nodes_on(host.name)) > 0)
    return base::fail({Code::refused,
                       fmt::format("host {} has nodes, which are reached at {}", host.name, before->value.address),
                       "Add it under another name."});
  const auto file = TRY(agent_file(host));
  TRY(store.commit({{key_of(host.name), Json(host), before ? before->revision : 0}}));
  shop_.agents.add(host.name, target_of(host), host.address);
  return Json{{"name", host.name}, {"address", host.address}, {"port", host.port}, {"agent_file", file}};
}

Result<> Hosts::remove(const std::string& name) {
  auto& store = shop_.records.store();
  const auto document = TRY(store::get_as<Host>(store, key_of(name)));
  if (!document)
    return base::fail(
        {Code::not_found, fmt::format("there is no host \"{}\"", name), "`pgbaton hosts list` shows them."});
  if (const auto nodes = TRY(nodes_on(name)); nodes > 0)
    return base::fail({Code::refused, fmt::format("host {} has {} of the databases' nodes", name, nodes),
                       "Destroy those databases, or change their plans, first."});
  TRY(store.commit({{key_of(name), std::nullopt, document->revision}}));
  shop_.agents.remove(name);
  return {};
}

}  // namespace pgbaton::server
