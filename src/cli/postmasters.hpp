// The postmasters that run on the instances of a data folder, found by PostgreSQL's own lock files.
#pragma once

#include <sys/types.h>

#include "system/file.hpp"

namespace pgbaton::cli {

struct Postmaster {
  std::string instance;
  pid_t pid = 0;
};

/// `instances`: the folder with one folder per instance.
[[nodiscard]] std::vector<Postmaster> find_postmasters(const system::Path& instances);

/// Asks all of them for a fast shutdown, and those that appear meanwhile, until none is left. Returns the names of the
/// stopped ones; Code::timed_out when some still run at the deadline.
[[nodiscard]] base::Result<std::vector<std::string>> stop_postmasters(const system::Path& instances,
                                                                      base::Deadline deadline);

}  // namespace pgbaton::cli
