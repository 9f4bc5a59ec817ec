// What a server is told when it starts: a TOML file.
#pragma once

#include <map>

#include "system/file.hpp"
#include "system/http_client.hpp"

namespace pgbaton::server {

struct Config {
  system::Path data;  // store and token are here
  system::Endpoint listen;
  std::string certificate;  // files; empty: no TLS, on loopback only
  std::string key;
  std::map<std::string, system::HttpTarget> agents;  // by the host's name
  system::HttpTarget gateway;
  std::string gateway_host;   // what clients connect to, in the connection strings that are shown
  std::string gateway_ports;  // "6001-6999"
  std::string node_ports;     // where the nodes' PostgreSQL listens, for each other: "20000-29999"
  std::string catalog;        // folder whose releases.toml and hazards.toml come before the built-in ones; empty: none
  bool auto_release = true;   // an engine that passed its short qualification at installation is released
};

[[nodiscard]] base::Result<Config> read_config(const std::string& file);

}  // namespace pgbaton::server
