// SHA-256 of a file.
#pragma once

#include "system/file.hpp"

namespace pgbaton::engine {

/// In lower-case hexadecimal, as Debian's indexes write it.
[[nodiscard]] base::Result<std::string> sha256_of(const system::Path& path);

}  // namespace pgbaton::engine
