#include "agent/settling.hpp"

#include <unistd.h>

#include "system/cgroup.hpp"
#include "system/reach.hpp"
#include "system/user.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Result;
using system::Path;

namespace {

Result<> make_own_folder(const Path& folder, mode_t mode, const system::User& user) {
  if (std::filesystem::exists(folder)) return {};
  TRY(system::make_directory(folder, mode));
  return ::geteuid() == 0 ? system::give_to(user, folder) : Result<>{};
}

// What only root can do, and must before it stops being root.
Result<> hand_over(Config& config, const system::User& user) {
  TRY(system::give_to(user, config.data / "lock"));
  const auto name = system::path_hash(config.data);
  if (const auto delegated = system::delegate_cgroup(name, user); delegated)
    config.cgroup = name;
  else
    config.cgroup_refusal = delegated.error().message;
  config.data = TRY(system::reachable(user, config.data));
  config.engines = TRY(system::reachable(user, config.engines));
  return system::become(user);
}

Result<> write_credentials(const Config& config) {
  const auto& own = config.credentials;
  const auto tls = config.data / "tls";
  TRY(system::make_directory(tls, 0700));
  const std::pair<const char*, const std::string&> files[] = {
      {"control-ca.crt", own.control_authority}, {"control.crt", own.control_certificate},
      {"control.key", own.control_key},          {"ca.crt", own.postgresql_authority},
      {"host.crt", own.postgresql_certificate},  {"host.key", own.postgresql_key},
  };
  for (const auto& [name, text] : files) TRY(system::write_file_atomic(tls / name, text, 0600));
  return {};
}

}  // namespace

Result<system::FileLock> settle(Config& config) {
  const bool root = ::geteuid() == 0;
  const auto user = root ? TRY(system::ensure_system_user(config.user)) : system::current_user();
  TRY(make_own_folder(config.data, 0700, user));
  TRY(make_own_folder(config.engines, 0755, user));
  auto lock = system::FileLock::try_acquire(config.data / "lock");
  if (!lock && lock.error().code == Code::busy)
    return base::fail({Code::refused, fmt::format("pgbaton runs already with its data in {}", config.data.string()),
                       "Use it as it is, or end it first."});
  if (!lock) return lock;
  config.cgroup_refusal = "the agent was not started as root";
  if (root) TRY(hand_over(config, user));
  if (config.superuser_os_users.empty()) config.superuser_os_users = {system::current_user().name, "root"};
  TRY(system::make_directory(Path{config.socket}.parent_path(), 0700));
  TRY(write_credentials(config));
  return lock;
}

}  // namespace pgbaton::agent
