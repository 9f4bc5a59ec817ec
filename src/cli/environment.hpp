// What the surroundings of the process say to the command line: variables and who runs it, read once.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/secret.hpp"
#include "system/file.hpp"

namespace pgbaton::cli {

struct Environment {
  std::string server;         // PGBATON_SERVER
  std::string token;          // PGBATON_TOKEN
  std::string ca_file;        // PGBATON_CACERT
  std::string data;           // PGBATON_DATA
  base::Secret store_key;     // AWS_ACCESS_KEY_ID
  base::Secret store_secret;  // AWS_SECRET_ACCESS_KEY
  std::string home;           // HOME
  std::string state_home;     // XDG_STATE_HOME
  std::string runtime_dir;    // XDG_RUNTIME_DIR
  uid_t uid = 0;
  system::Path system_run_folder = "/run/pgbaton";  // where the `up`s of root are registered

  [[nodiscard]] bool is_root() const { return uid == 0; }
  /// Where an `up` of this user keeps its data unless told otherwise.
  [[nodiscard]] system::Path default_data() const;
  /// Where an `up` of this user registers itself.
  [[nodiscard]] system::Path run_folder() const;
  /// Where running `up`s that this user may talk to are registered.
  [[nodiscard]] std::vector<system::Path> run_folders() const;
};

[[nodiscard]] Environment process_environment();

}  // namespace pgbaton::cli
