// Signatures of what is sent and received over HTTP.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace pgbaton::system {

/// HMAC-SHA256 (RFC 2104) in hexadecimal digits.
[[nodiscard]] std::string hmac_sha256_hex(const base::Secret& key, std::string_view text);

}  // namespace pgbaton::system
