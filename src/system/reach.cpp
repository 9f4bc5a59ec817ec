#include "system/reach.hpp"

#include <cstring>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pgbaton::system {

using base::Code;
using base::Result;

namespace {

const Path kMounts = "/run/pgbaton/mounts";

// Asked by trying: mode bits, groups, ACLs and mount options all have a say. In a child, because becoming another user
// cannot be taken back.
bool can_enter(const User& user, const Path& folder) {
  if (::geteuid() != 0 || user.uid == 0) return ::access(folder.c_str(), X_OK) == 0;
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(become(user) && ::access(folder.parent_path().c_str(), X_OK) == 0 ? 0 : 1);
  int status = 1;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return status == 0;
}

bool same_folder(const Path& left, const Path& right) {
  struct stat a{};
  struct stat b{};
  return ::stat(left.c_str(), &a) == 0 && ::stat(right.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

Result<Path> mount_at(const Path& folder, const Path& place) {
  if (same_folder(folder, place)) return place;
  TRY(make_directory(kMounts.parent_path(), 0755));
  TRY(make_directory(kMounts, 0755));
  ::umount2(place.c_str(), MNT_DETACH);  // of a folder that was removed and made again
  TRY(make_directory(place, 0755));
  if (::mount(folder.c_str(), place.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return os_failure("cannot make a bind mount of " + folder.string() + " at", place);
  return place;
}

}  // namespace

std::string path_hash(const Path& path) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : path.string()) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return fmt::format("{:08x}", hash);
}

Result<Path> reachable(const User& user, const Path& folder) {
  std::error_code error;
  const Path real = std::filesystem::canonical(folder, error);
  if (error) return base::fail(Code::failed, "there is no folder {}", folder.string());
  if (can_enter(user, real)) return real;
  auto mounted = ::geteuid() == 0 ? mount_at(real, kMounts / path_hash(real)) : os_failure("cannot enter", real);
  if (!mounted)
    return base::fail(
        {Code::failed,
         fmt::format("the user {} cannot get to {}: a folder above it is closed to others", user.name, real.string()),
         "Choose another folder, like /var/lib/pgbaton, or open the folders above it (chmod o+x)."});
  return mounted;
}

}  // namespace pgbaton::system
