// What an agent is told when it starts: a TOML file.
#pragma once

#include <optional>
#include <vector>

#include "model/object_store.hpp"
#include "system/file.hpp"
#include "system/net.hpp"

namespace pgbaton::agent {

/// Of an agent on another host than the server's: `pgbaton hosts add` gives a file with all of this. PEM texts.
struct Credentials {
  std::string control_authority;  // whose certificates servers come with
  std::string control_certificate;
  std::string control_key;
  std::string postgresql_authority;  // of all nodes
  std::string postgresql_certificate;
  std::string postgresql_key;
};

struct Config {
  system::Path data;           // of pgbaton; the agent's own files are in data/agent
  system::Path engines;        // may be shared with other pgbatons of the host
  std::string socket;          // where it listens: a Unix socket; elsewhere than on the server's host the folder of
                               // PostgreSQL's sockets
  std::string catalog;         // folder with an own sources.toml; empty: the built-in one
  std::string cgroup;          // subtree for the instances' limits; empty: none
  std::string cgroup_refusal;  // why there is none
  std::vector<std::string> superuser_os_users;
  system::Path backups;                            // folder of the repository
  std::optional<model::ObjectStore> backup_store;  // where it is instead; the folder has locks and the spool
  std::string address = "127.0.0.1";               // of this host, for the nodes of others
  system::Endpoint listen;                         // for the server of another host; port 0: it is on this one
  std::string user;                                // started as root: whom to become
  Credentials credentials;

  [[nodiscard]] bool is_remote() const { return listen.port != 0; }
};

[[nodiscard]] base::Result<Config> read_config(const std::string& file);

}  // namespace pgbaton::agent
