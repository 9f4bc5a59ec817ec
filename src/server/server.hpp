// The server: decides. REST API, catalog, operations.
#pragma once

#include <string>

#include "base/result.hpp"

namespace pgbaton::server {

/// Serves until SIGTERM or SIGINT. Operations that run stay where they are in the store and go on at the next start.
[[nodiscard]] base::Result<> run(const std::string& config_file);

}  // namespace pgbaton::server
