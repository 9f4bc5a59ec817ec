// A person at a terminal who types what nobody may see.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace pgbaton::system {

/// One line of standard input. On a terminal `prompt` is shown on standard error, and what is typed is not.
[[nodiscard]] base::Result<base::Secret> read_secret_line(std::string_view prompt);

}  // namespace pgbaton::system
