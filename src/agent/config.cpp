#include "agent/config.hpp"

#include <cstdlib>

#include <unistd.h>

#include "system/reach.hpp"
#include "system/toml_config.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Result;

namespace {

constexpr std::pair<const char*, std::string Credentials::*> kCredentials[] = {
    {"control_authority", &Credentials::control_authority},
    {"control_certificate", &Credentials::control_certificate},
    {"control_key", &Credentials::control_key},
    {"postgresql_authority", &Credentials::postgresql_authority},
    {"postgresql_certificate", &Credentials::postgresql_certificate},
    {"postgresql_key", &Credentials::postgresql_key},
};

// Where PostgreSQL's sockets lie; their paths are short in any case.
std::string usual_socket(const system::Path& data) {
  constexpr std::size_t kLongest = 100;
  const auto usual = data / "run" / "agent.sock";
  if (usual.string().size() <= kLongest) return usual;
  return system::Path{"/tmp"} / ("pgbaton-" + system::path_hash(data)) / "agent.sock";
}

Result<> complete_remote(Config& config, const std::string& file) {
  for (const auto& [name, field] : kCredentials)
    if ((config.credentials.*field).empty())
      return base::fail({Code::invalid_argument, fmt::format("{} has no {}", file, name),
                         "Use the file that `pgbaton hosts add` wrote on the server's host."});
  if (config.data.empty())
    config.data = ::geteuid() == 0 ? system::Path{"/var/lib/pgbaton"}
                                   : system::Path{::getenv("HOME") ? ::getenv("HOME") : "."} / ".local/state/pgbaton";
  if (config.engines.empty()) config.engines = config.data / "engines";
  if (config.socket.empty()) config.socket = usual_socket(config.data);
  return {};
}

// On another host than the server's the keys may come from the environment of its service.
Result<std::optional<model::ObjectStore>> backup_store(const system::TomlConfig& toml, const std::string& file) {
  const auto url = toml.text("backup_store");
  if (url.empty()) return std::nullopt;
  if (!toml.text("backup_store_secret").empty()) TRY(system::check_private(file));
  const auto given = [&](const char* name, const char* variable) {
    const char* value = std::getenv(variable);
    return base::Secret{toml.text(name, value == nullptr ? "" : value)};
  };
  auto store = TRY(model::parse_object_store(url));
  store.key_id = given("backup_store_key", "AWS_ACCESS_KEY_ID");
  store.key_secret = given("backup_store_secret", "AWS_SECRET_ACCESS_KEY");
  // What is started here, PostgreSQL in the end, need not have them in its environment.
  for (const auto* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}) ::unsetenv(name);
  if (!store.key_id.empty() && !store.key_secret.empty()) return store;
  return base::fail({Code::invalid_argument, fmt::format("there are no keys for {}", url),
                     "Name them as backup_store_key and backup_store_secret, or in AWS_ACCESS_KEY_ID and "
                     "AWS_SECRET_ACCESS_KEY."});
}

}  // namespace

Result<Config> read_config(const std::string& file) {
  std::vector<std::string> known{
      "data",    "engines", "socket", "catalog", "cgroup",       "cgroup_refusal",   "superuser_os_users",
      "address", "listen",  "user",   "backups", "backup_store", "backup_store_key", "backup_store_secret"};
  for (const auto& [name, field] : kCredentials) known.emplace_back(name);
  const auto toml = TRY(system::TomlConfig::read(file, known));
  Config config{.data = toml.text("data"),
                .engines = toml.text("engines"),
                .socket = toml.text("socket"),
                .catalog = toml.text("catalog"),
                .cgroup = toml.text("cgroup"),
                .cgroup_refusal = toml.text("cgroup_refusal"),
                .superuser_os_users = toml.list("superuser_os_users"),
                .backups = toml.text("backups"),
                .address = toml.text("address", "127.0.0.1"),
                .user = toml.text("user", "pgbaton")};
  config.backup_store = TRY(backup_store(toml, file));
  for (const auto& [name, field] : kCredentials) config.credentials.*field = toml.text(name);
  if (config.backups.empty() && !config.data.empty()) config.backups = config.data / "agent" / "backups";
  if (toml.text("listen").empty()) return config;
  config.listen = TRY(system::parse_endpoint(toml.text("listen")));
  TRY(complete_remote(config, file));
  if (config.backups.empty()) config.backups = config.data / "agent" / "backups";
  return config;
}

}  // namespace pgbaton::agent
