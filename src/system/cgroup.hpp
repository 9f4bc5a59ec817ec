// Memory and CPU limits of an instance by Linux control groups, v2 or the v1 controllers.
//
// root (the supervisor, before it drops its privileges) makes one subtree per data directory and gives it to the user
// that pgbaton runs as; the agent then makes one group per instance in it. Where the host does not let us, `limit` says
// so and the instance runs without.
#pragma once

#include <string>
#include <string_view>

#include "base/units.hpp"
#include "system/user.hpp"

namespace pgbaton::system {

/// Prepares the subtree `name` for `user`. Needs root; a host without writable control groups is an error in words.
[[nodiscard]] base::Result<> delegate_cgroup(const std::string& name, const User& user);

struct Limits {
  base::Bytes memory;  // hard limit of the group
  int cpu_shares = 0;  // 1024 = the weight of one ordinary process group; matters only when the CPUs are all busy
};

/// Makes or updates the group `subtree/group` and returns it ready for processes to enter; empty when limits cannot be
/// enforced here, with the reason in the error.
class Cgroup {
 public:
  [[nodiscard]] static base::Result<Cgroup> create(const std::string& subtree, const std::string& group,
                                                   const Limits& limits);
  /// Moves a process (and so everything it starts from then on) into the group.
  [[nodiscard]] base::Result<> enter(pid_t pid) const;
  /// Removes the group; one that is not there, or still has processes, is left.
  static void remove(const std::string& subtree, const std::string& group);

 private:
  explicit Cgroup(std::vector<Path> folders) : folders_(std::move(folders)) {}
  std::vector<Path> folders_;  // one for v2, one per controller for v1
};

}  // namespace pgbaton::system
