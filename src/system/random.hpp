// Randomness from the kernel.
#pragma once

#include <string>

#include "base/secret.hpp"

namespace pgbaton::system {

/// `length` characters of [A-Za-z0-9]: 5.95 bits each.
[[nodiscard]] base::Secret random_secret(std::size_t length);
[[nodiscard]] std::string random_bytes(std::size_t length);
/// A short id that sorts by time of making: 8 characters of time, 6 of chance, [0-9a-z].
[[nodiscard]] std::string random_id();

}  // namespace pgbaton::system
