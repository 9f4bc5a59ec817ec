#include "agent/config.hpp"

#include "system/toml_config.hpp"

namespace pgbaton::agent {

base::Result<Config> read_config(const std::string& file) {
  const auto toml = TRY(system::TomlConfig::read(
      file, {"data", "engines", "socket", "catalog", "cgroup", "cgroup_refusal", "superuser_os_users", "address"}));
  return Config{.data = toml.text("data"),
                .engines = toml.text("engines"),
                .socket = toml.text("socket"),
                .catalog = toml.text("catalog"),
                .cgroup = toml.text("cgroup"),
                .cgroup_refusal = toml.text("cgroup_refusal"),
                .superuser_os_users = toml.list("superuser_os_users"),
                .address = toml.text("address").empty() ? "127.0.0.1" : toml.text("address")};
}

}  // namespace pgbaton::agent
