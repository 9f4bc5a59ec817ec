// Users of the operating system. PostgreSQL refuses to run as root: started as root, pgbaton makes itself an ordinary
// system user before it does anything else.
#pragma once

#include <string>

#include <sys/types.h>

#include "base/result.hpp"
#include "system/file.hpp"

namespace pgbaton::system {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

[[nodiscard]] User current_user();
[[nodiscard]] base::Result<User> find_user(const std::string& name);
/// Finds the user, or makes a system user of that name without home or shell (needs root).
[[nodiscard]] base::Result<User> ensure_system_user(const std::string& name);
/// Gives a folder itself (not what is inside) to the user.
[[nodiscard]] base::Result<> give_to(const User& user, const Path& path);
/// Becomes the user for good: groups, gid, uid, in this order. Checked by trying to become root again.
[[nodiscard]] base::Result<> become(const User& user);

}  // namespace pgbaton::system
