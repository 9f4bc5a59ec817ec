// What a gateway is told when it starts: a TOML file.
#pragma once

#include "system/file.hpp"

namespace pgbaton::gateway {

struct Config {
  system::Path data;                             // the gateway's own files are in data/gateway
  std::string socket;                            // where control listens: a Unix socket
  std::vector<std::string> listen{"127.0.0.1"};  // addresses at which clients of all databases connect
};

[[nodiscard]] base::Result<Config> read_config(const std::string& file);

}  // namespace pgbaton::gateway
