#include "wire/digest.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace pgbaton::wire {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kGroup = 4;

const unsigned char* octets(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* octets(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

std::string digest(const EVP_MD* type, std::string_view bytes) {
  std::string result(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), octets(result), &size, type, nullptr) != 1) return {};
  result.resize(size);
  return result;
}

std::size_t padding_of(std::string_view text) {
  const auto last = text.find_last_not_of('=');
  return last == std::string_view::npos ? text.size() : text.size() - last - 1;
}

}  // namespace

std::string sha256(std::string_view bytes) { return digest(EVP_sha256(), bytes); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string result(kSha256Size, '\0');
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(bytes), bytes.size(), octets(result),
           &size) == nullptr)
    return {};
  return result;
}

std::string pbkdf2_sha256(std::string_view password, std::string_view salt, int iterations) {
  std::string result(kSha256Size, '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets(salt), static_cast<int>(salt.size()),
                        iterations, EVP_sha256(), static_cast<int>(result.size()), octets(result)) != 1)
    return {};
  return result;
}

std::string md5_hex(std::string_view bytes) { return to_hex(digest(EVP_md5(), bytes)); }

std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char c : bytes) text += fmt::format("{:02x}", c);
  return text;
}

std::string exclusive_or(std::string_view one, std::string_view other) {
  std::string result(std::min(one.size(), other.size()), '\0');
  for (std::size_t at = 0; at < result.size(); ++at) result[at] = static_cast<char>(one[at] ^ other[at]);
  return result;
}

bool are_equal(std::string_view one, std::string_view other) {
  return !one.empty() && one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::string to_base64(std::string_view bytes) {
  std::string text(((bytes.size() + 2) / 3 * kGroup) + 1, '\0');  // OpenSSL ends it with a zero byte
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(octets(text), octets(bytes), static_cast<int>(bytes.size()))));
  return text;
}

Result<std::string> from_base64(std::string_view text) {
  const auto padding = padding_of(text);
  const auto is_regular = text.size() % kGroup == 0 && padding <= 2 && text.size() <= std::numeric_limits<int>::max();
  // OpenSSL would skip white space.
  if (!is_regular || text.substr(0, text.size() - padding).find_first_not_of(kBase64) != std::string_view::npos)
    return fail(Code::invalid_argument, "invalid base64");
  std::string bytes(text.size() / kGroup * 3, '\0');
  EVP_DecodeBlock(octets(bytes), octets(text), static_cast<int>(text.size()));
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace pgbaton::wire
