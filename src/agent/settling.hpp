// What an agent on a host of its own does first, as `pgbaton up` does on the server's: folders, the lock on them, the
// user that PostgreSQL runs as, and its credentials in files. On the main thread, before any other.
#pragma once

#include "agent/config.hpp"
#include "system/file.hpp"

namespace pgbaton::agent {

/// The lock goes with the process. `config` has the paths by which the user of this process reaches its folders, and
/// its limits. Code::refused when an agent runs there already.
[[nodiscard]] base::Result<system::FileLock> settle(Config& config);

}  // namespace pgbaton::agent
