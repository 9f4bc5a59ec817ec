#include "cli/environment.hpp"

#include <cstdlib>

#include <unistd.h>

namespace pgbaton::cli {

using system::Path;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Path Environment::default_data() const {
  if (is_root()) return "/var/lib/pgbaton";
  return (state_home.empty() ? Path{home} / ".local/state" : Path{state_home}) / "pgbaton";
}

Path Environment::run_folder() const {
  if (is_root()) return system_run_folder;
  return (runtime_dir.empty() ? Path{fmt::format("/tmp/pgbaton-{}", uid)} : Path{runtime_dir}) / "pgbaton";
}

std::vector<Path> Environment::run_folders() const {
  if (is_root()) return {system_run_folder};
  return {run_folder(), system_run_folder};
}

Environment process_environment() {
  return {.server = variable("PGBATON_SERVER"),
          .token = variable("PGBATON_TOKEN"),
          .ca_file = variable("PGBATON_CACERT"),
          .data = variable("PGBATON_DATA"),
          .store_key = base::Secret{variable("AWS_ACCESS_KEY_ID")},
          .store_secret = base::Secret{variable("AWS_SECRET_ACCESS_KEY")},
          .home = variable("HOME"),
          .state_home = variable("XDG_STATE_HOME"),
          .runtime_dir = variable("XDG_RUNTIME_DIR"),
          .uid = ::geteuid()};
}

}  // namespace pgbaton::cli
