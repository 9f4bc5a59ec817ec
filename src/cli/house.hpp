// What one `pgbaton up` has for itself: its folders, the lock on them, its user and its entry among the running ones.
// Taken once at the start, on the main thread, before any other thread or process.
#pragma once

#include "cli/registry.hpp"
#include "cli/up_settings.hpp"
#include "system/file.hpp"

namespace pgbaton::cli {

struct House {
  UpSettings settings;        // with the paths by which the user of this process reaches the folders
  Registration registration;  // with the paths as people know them
  system::Path run_folder;
  std::string cgroup;          // subtree for the instances' limits; empty: none
  std::string cgroup_refusal;  // why there is none
  system::FileLock lock;
};

/// Makes the folders, locks them, checks that the address is free and, as root, gives everything to the user and
/// becomes it. Code::refused when a pgbaton runs there already, or the folder is somebody else's.
[[nodiscard]] base::Result<House> take_house(const UpSettings& settings, const Environment& environment);
/// The end of the entry. The lock goes with the process.
void leave_house(const House& house);

/// Processes that the supervisor of this folder started, so that the next one can wait for those that outlive a kill
/// -9.
[[nodiscard]] base::Result<> remember_children(const system::Path& data, const std::vector<pid_t>& children);

}  // namespace pgbaton::cli
