#include "gateway/config.hpp"

#include "system/toml_config.hpp"

namespace pgbaton::gateway {

base::Result<Config> read_config(const std::string& file) {
  const auto toml = TRY(system::TomlConfig::read(file, {"data", "socket", "listen"}));
  Config config{.data = toml.text("data"), .socket = toml.text("socket")};
  if (auto listen = toml.list("listen"); !listen.empty()) config.listen = std::move(listen);
  return config;
}

}  // namespace pgbaton::gateway
