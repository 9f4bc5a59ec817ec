// The gateway as a process: control's routes (api/gateway.hpp) on a Unix socket, until SIGTERM.
#pragma once

#include <string>

#include "base/result.hpp"

namespace pgbaton::gateway {

/// `pgbaton gateway --config FILE`
[[nodiscard]] base::Result<> run(const std::string& config_file);
/// `pgbaton gateway --config FILE --takeover`: serves what the gateway that runs there serves, its sessions included,
/// in its place. An error: that one goes on.
[[nodiscard]] base::Result<> run_takeover(const std::string& config_file);

}  // namespace pgbaton::gateway
