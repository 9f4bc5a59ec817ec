#include "system/password.hpp"

#include <array>

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "system/random.hpp"

namespace pgbaton::system {

namespace {

constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kMemoryKiB = 19'456;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSalt = 16;
constexpr std::size_t kHash = 32;

}  // namespace

base::Result<std::string> hash_password(const base::Secret& password) {
  const auto salt = random_bytes(kSalt);
  const auto& text = password.reveal();
  std::string encoded(argon2_encodedlen(kPasses, kMemoryKiB, kLanes, kSalt, kHash, Argon2_id), '\0');
  const int status = argon2id_hash_encoded(kPasses, kMemoryKiB, kLanes, text.data(), text.size(), salt.data(),
                                           salt.size(), kHash, encoded.data(), encoded.size());
  if (status != ARGON2_OK)
    return base::fail(base::Code::failed, "a password could not be hashed: {}", argon2_error_message(status));
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool is_password(const base::Secret& password, const std::string& hash) {
  const auto& text = password.reveal();
  return argon2id_verify(hash.c_str(), text.data(), text.size()) == ARGON2_OK;
}

std::string digest_of(const base::Secret& secret) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  const auto& text = secret.reveal();
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (const auto byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

bool same_secret(std::string_view given, const base::Secret& expected) {
  const auto& text = expected.reveal();
  return given.size() == text.size() && CRYPTO_memcmp(given.data(), text.data(), text.size()) == 0;
}

}  // namespace pgbaton::system
