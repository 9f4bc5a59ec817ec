// What an agent is told when it starts: a TOML file.
#pragma once

#include <vector>

#include "system/file.hpp"

namespace pgbaton::agent {

struct Config {
  system::Path data;           // of pgbaton; the agent's own files are in data/agent
  system::Path engines;        // may be shared with other pgbatons of the host
  std::string socket;          // where it listens: a Unix socket
  std::string catalog;         // folder with an own sources.toml; empty: the built-in one
  std::string cgroup;          // subtree for the instances' limits; empty: none
  std::string cgroup_refusal;  // why there is none
  std::vector<std::string> superuser_os_users;
  std::string address = "127.0.0.1";  // of this host, for the nodes of others
};

[[nodiscard]] base::Result<Config> read_config(const std::string& file);

}  // namespace pgbaton::agent
