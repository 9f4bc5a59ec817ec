// What PostgreSQL keeps of passwords, and the md5 of old roles.
#include "base/text.hpp"
#include "wire/digest.hpp"
#include "wire/scram.hpp"
#include "wire/scram_text.hpp"

namespace pgbaton::wire {

using base::Code;
using base::fail;
using base::Result;
using base::Secret;

namespace {

constexpr std::string_view kMd5 = "md5";
constexpr std::size_t kMd5Digits = 32;
constexpr std::size_t kSaltSize = 16;  // SCRAM_DEFAULT_SALT_LEN

/// rolpassword itself never comes into an error.
auto not_a_verifier() { return fail(Code::invalid_argument, "the role's password is stored in an unknown form"); }

Result<Secret> read_key(std::string_view text) {
  auto key = TRY(from_base64(text));
  if (key.size() != kSha256Size) return not_a_verifier();
  return Secret{std::move(key)};
}

Result<Verifier> parse_scram(std::string_view rolpassword) {
  const auto fields = base::split(rolpassword, '$');
  if (fields.size() != 3) return not_a_verifier();
  const auto salting = base::split(fields[1], ':');
  const auto keys = base::split(fields[2], ':');
  if (salting.size() != 2 || keys.size() != 2) return not_a_verifier();
  ScramVerifier verifier;
  verifier.iterations = TRY(read_iterations(salting[0]));
  verifier.salt = TRY(from_base64(salting[1]));
  verifier.stored_key = TRY(read_key(keys[0]));
  verifier.server_key = TRY(read_key(keys[1]));
  return verifier;
}

Result<Verifier> parse_md5(std::string_view rolpassword) {
  const auto digits = rolpassword.substr(kMd5.size());
  if (digits.size() != kMd5Digits || digits.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return not_a_verifier();
  return Md5Verifier{Secret{std::string(digits)}};
}

}  // namespace

Result<Verifier> parse_verifier(std::string_view rolpassword) {
  if (rolpassword.starts_with(kMd5)) return parse_md5(rolpassword);
  if (rolpassword.starts_with("SCRAM-SHA-256$")) return parse_scram(rolpassword);
  return not_a_verifier();
}

ScramVerifier mock_verifier(const Secret& secret, std::string_view user) {
  const auto derive = [&](std::string_view purpose) {
    return hmac_sha256(secret.reveal(), fmt::format("{}:{}", purpose, user));
  };
  ScramVerifier verifier;
  verifier.salt = derive("salt").substr(0, kSaltSize);
  verifier.stored_key = Secret{derive("stored key")};  // no ClientKey is known whose hash this is
  verifier.server_key = Secret{derive("server key")};
  return verifier;
}

std::string md5_response(const Md5Verifier& verifier, std::string_view salt) {
  return std::string(kMd5) + md5_hex(verifier.hash.reveal() + std::string(salt));
}

bool md5_matches(const Md5Verifier& verifier, std::string_view salt, std::string_view response) {
  const auto is_hashed = response.size() == kMd5.size() + kMd5Digits;
  return is_hashed && are_equal(md5_response(verifier, salt), response);
}

}  // namespace pgbaton::wire
