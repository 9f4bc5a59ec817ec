// Connecting to a server's Unix socket without waiting.
#pragma once

#include <string>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace pgbaton::gateway {

/// Code::unreachable when nobody listens there, or more are waiting than the server takes: try again soon.
[[nodiscard]] base::Result<system::Fd> connect_unix(const std::string& path);

}  // namespace pgbaton::gateway
