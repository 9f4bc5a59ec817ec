// What `pgbaton up` is to do, worked out of its options and the surroundings. Nothing is touched here.
#pragma once

#include "base/secret.hpp"
#include "cli/environment.hpp"
#include "cli/options.hpp"
#include "system/net.hpp"

namespace pgbaton::cli {

struct UpSettings {
  system::Path data;
  system::Path engines;
  system::Endpoint listen;
  std::vector<std::string> gateway_listen;
  std::string address;  // at which other hosts reach this one
  std::string gateway_ports;
  std::string user;          // whom to become; empty: nobody, we are not root
  system::Path backups;      // folder of the repository
  std::string backup_store;  // an object store instead of it; empty: none
  base::Secret backup_store_key;
  base::Secret backup_store_secret;
  std::string catalog;  // folder with own catalog files; empty: the built-in one
  bool auto_release = true;
};

[[nodiscard]] base::Result<UpSettings> resolve(const Options& options, const Environment& environment);

/// Beyond loopback only with TLS.
[[nodiscard]] inline bool uses_tls(const UpSettings& settings) { return !settings.listen.is_loopback(); }
/// Where commands on this machine reach the server.
[[nodiscard]] std::string local_url(const UpSettings& settings);
/// What clients of databases connect to.
[[nodiscard]] std::string gateway_host(const UpSettings& settings, const std::string& host_name);
/// Where everybody else reaches it.
[[nodiscard]] std::string public_url(const UpSettings& settings, const std::string& host_name);

}  // namespace pgbaton::cli
