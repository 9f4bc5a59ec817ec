// Passwords of people: hashed with argon2id, and digests of secrets that are long already.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace pgbaton::system {

/// About 30 ms and 19 MiB (OWASP's parameters). The text holds parameters and salt: they may be raised later.
[[nodiscard]] base::Result<std::string> hash_password(const base::Secret& password);
[[nodiscard]] bool is_password(const base::Secret& password, const std::string& hash);
/// SHA-256 in hexadecimal digits.
[[nodiscard]] std::string digest_of(const base::Secret& secret);
/// In constant time: how many characters were right must not be measurable.
[[nodiscard]] bool same_secret(std::string_view given, const base::Secret& expected);

}  // namespace pgbaton::system
