// The agent: one per host, owner of its engines and instances. Does small idempotent jobs for the server and keeps the
// instances running on its own when nobody asks.
#pragma once

#include <string>

#include "base/result.hpp"

namespace pgbaton::agent {

/// Serves until SIGTERM or SIGINT. The instances go on running.
[[nodiscard]] base::Result<> run(const std::string& config_file);

}  // namespace pgbaton::agent
