// PostgreSQL's lock files, as text: DATA/postmaster.pid and SOCKET_FOLDER/.s.PGSQL.PORT.lock. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/time.hpp"

namespace pgbaton::postgres {

struct LockFile {
  pid_t pid = 0;
  std::string data;  // the data directory
  base::WallTime started_at;
  std::string status;  // "starting", "ready", "standby", "stopping"; empty until the server has written it
};

/// Nothing for a file that is empty or half-written: the server creates it first and fills it then.
[[nodiscard]] std::optional<LockFile> parse_lock_file(std::string_view text);

}  // namespace pgbaton::postgres
