// Can a user get to a folder? Started as root, pgbaton gives up its privileges, and may have been told to keep its data
// below a folder that only root may enter (/root, mktemp -d).
#pragma once

#include "system/user.hpp"

namespace pgbaton::system {

/// The path by which `user` reaches `folder`: the folder's own real path where every parent lets the user through.
/// Else, as root, a bind mount of it at /run/pgbaton/mounts/HASH, made once and found again. An error in words where
/// neither is possible. Called before become().
[[nodiscard]] base::Result<Path> reachable(const User& user, const Path& folder);

/// Eight hexadecimal digits that stand for a path: names for what belongs to it elsewhere.
[[nodiscard]] std::string path_hash(const Path& path);

}  // namespace pgbaton::system
