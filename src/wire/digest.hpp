// The hash functions of the authentication methods, over bytes. Where OpenSSL refuses one (MD5 in FIPS mode) the result
// is empty, which equals nothing.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace pgbaton::wire {

constexpr std::size_t kSha256Size = 32;

[[nodiscard]] std::string sha256(std::string_view bytes);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);
[[nodiscard]] std::string pbkdf2_sha256(std::string_view password, std::string_view salt, int iterations);
[[nodiscard]] std::string md5_hex(std::string_view bytes);
/// Two hexadecimal digits a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// Bit by bit; of the shorter one's length.
[[nodiscard]] std::string exclusive_or(std::string_view one, std::string_view other);
/// In a time that depends on their lengths alone.
[[nodiscard]] bool are_equal(std::string_view one, std::string_view other);

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Code::invalid_argument for anything but whole groups of four without white space.
[[nodiscard]] base::Result<std::string> from_base64(std::string_view text);

}  // namespace pgbaton::wire
