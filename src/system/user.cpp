#include "system/user.hpp"

#include <optional>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "system/child.hpp"

namespace pgbaton::system {

using base::Code;
using base::Result;

namespace {

User from_entry(const passwd& entry) { return {entry.pw_name, entry.pw_uid, entry.pw_gid}; }

std::optional<User> lookup(auto&& query) {
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(16384, '\0');
  if (query(&entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return from_entry(entry);
}

}  // namespace

User current_user() {
  const uid_t uid = ::geteuid();
  auto user = lookup([&](auto... rest) { return ::getpwuid_r(uid, rest...); });
  return user.value_or(User{std::to_string(uid), uid, ::getegid()});
}

Result<User> find_user(const std::string& name) {
  auto user = lookup([&](auto... rest) { return ::getpwnam_r(name.c_str(), rest...); });
  if (!user)
    return base::fail({Code::not_found, fmt::format("this system has no user \"{}\"", name),
                       fmt::format("Create it: useradd --system --no-create-home --shell /usr/sbin/nologin {}", name)});
  return *user;
}

Result<User> ensure_system_user(const std::string& name) {
  if (auto user = find_user(name)) return user;
  const auto made = run({.argv = {"useradd", "--system", "--user-group", "--no-create-home", "--home-dir",
                                  "/nonexistent", "--shell", "/usr/sbin/nologin", name}},
                        base::Deadline::after(std::chrono::seconds{20}));
  // Another pgbaton may have made it meanwhile: what counts is that it is there.
  auto user = find_user(name);
  if (!user && made) user.error().message += " and useradd could not make it: " + made->tail(1);
  return user;
}

Result<> give_to(const User& user, const Path& path) {
  if (::lchown(path.c_str(), user.uid, user.gid) != 0) return os_failure("cannot give to " + user.name, path);
  return {};
}

Result<> become(const User& user) {
  if (::initgroups(user.name.c_str(), user.gid) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
      ::setresuid(user.uid, user.uid, user.uid) != 0)
    return os_failure("cannot become", user.name);
  if (::setuid(0) == 0) return base::fail(Code::failed, "the privileges of root could not be given up");
  return {};
}

}  // namespace pgbaton::system
