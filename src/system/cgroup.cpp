#include "system/cgroup.hpp"

#include <algorithm>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"

namespace pgbaton::system {

using base::Code;
using base::Result;

namespace {

const Path kRoot = "/sys/fs/cgroup";

enum class Hierarchy { none, v1, v2 };

// v2 mounted at the root has cgroup.controllers there; hybrid and pure v1 hosts have one folder per controller.
Hierarchy hierarchy() {
  if (std::filesystem::exists(kRoot / "cgroup.controllers")) return Hierarchy::v2;
  if (std::filesystem::exists(kRoot / "memory") && std::filesystem::exists(kRoot / "cpu")) return Hierarchy::v1;
  return Hierarchy::none;
}

std::vector<Path> roots() {
  switch (hierarchy()) {
    case Hierarchy::v2:
      return {kRoot};
    case Hierarchy::v1:
      return {kRoot / "memory", kRoot / "cpu"};
    case Hierarchy::none:
      break;
  }
  return {};
}

// Control files take one write() and answer at once; they are never replaced.
Result<> put(const Path& file, std::string_view value) {
  const Fd fd{::open(file.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!fd.valid() || ::write(fd.get(), value.data(), value.size()) < 0) return os_failure("cannot write", file);
  return {};
}

Result<> make(const Path& folder) {
  if (::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return os_failure("cannot make the control group", folder);
}

Result<> give(const User& user, const Path& folder) {
  TRY(give_to(user, folder));
  for (const auto* file : {"cgroup.procs", "tasks", "cgroup.subtree_control", "cgroup.threads"})
    if (std::filesystem::exists(folder / file)) TRY(give_to(user, folder / file));
  return {};
}

constexpr std::string_view kParent = "pgbaton";

}  // namespace

Result<> delegate_cgroup(const std::string& name, const User& user) {
  const auto found = roots();
  if (found.empty()) return base::fail(Code::failed, "this host has no control groups for memory and CPU");
  for (const auto& root : found) {
    const Path parent = root / kParent;
    TRY(make(parent));
    TRY(make(parent / name));
    if (hierarchy() == Hierarchy::v2) {
      for (const auto& folder : {root, parent, parent / name})
        TRY(put(folder / "cgroup.subtree_control", "+memory +cpu"));
      // A process moves only between groups whose common ancestor its user may write to: so we must be inside
      // ourselves.
      TRY(make(parent / name / "control"));
      TRY(put(parent / name / "control" / "cgroup.procs", std::to_string(::getpid())));
      TRY(give(user, parent / name / "control"));
    }
    TRY(give(user, parent / name));
  }
  return {};
}

Result<Cgroup> Cgroup::create(const std::string& subtree, const std::string& group, const Limits& limits) {
  std::vector<Path> folders;
  for (const auto& root : roots()) folders.push_back(root / kParent / subtree / group);
  if (folders.empty()) return base::fail(Code::failed, "this host has no control groups for memory and CPU");
  for (const auto& folder : folders) TRY(make(folder));
  const auto memory = std::to_string(limits.memory.count);
  if (hierarchy() == Hierarchy::v2) {
    TRY(put(folders[0] / "memory.max", memory));
    // cpu.weight 100 is the default there as 1024 shares are in v1.
    TRY(put(folders[0] / "cpu.weight", std::to_string(std::clamp(limits.cpu_shares * 100 / 1024, 1, 10'000))));
  } else {
    TRY(put(folders[0] / "memory.limit_in_bytes", memory));
    TRY(put(folders[1] / "cpu.shares", std::to_string(limits.cpu_shares)));
  }
  return Cgroup{std::move(folders)};
}

Result<> Cgroup::enter(pid_t pid) const {
  for (const auto& folder : folders_) TRY(put(folder / "cgroup.procs", std::to_string(pid)));
  return {};
}

void Cgroup::remove(const std::string& subtree, const std::string& group) {
  for (const auto& root : roots()) ::rmdir((root / kParent / subtree / group).c_str());
}

}  // namespace pgbaton::system
