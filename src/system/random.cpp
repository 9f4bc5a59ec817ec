#include "system/random.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>

#include <sys/random.h>

namespace pgbaton::system {
namespace {

std::uint8_t random_byte() {
  std::uint8_t byte = 0;
  while (::getrandom(&byte, 1, 0) != 1) continue;  // interrupted by a signal: ask again
  return byte;
}

char random_character(std::string_view alphabet) {
  const auto limit = 256 - 256 % alphabet.size();  // past it the first characters would come up more often
  for (;;)
    if (const auto byte = random_byte(); byte < limit) return alphabet[byte % alphabet.size()];
}

constexpr std::string_view kLower = "0123456789abcdefghijklmnopqrstuvwxyz";

}  // namespace

base::Secret random_secret(std::size_t length) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string value;
  while (value.size() < length) value.push_back(random_character(kAlphabet));
  return base::Secret{std::move(value)};
}

std::string random_bytes(std::size_t length) {
  std::string value;
  while (value.size() < length) value.push_back(static_cast<char>(random_byte()));
  return value;
}

std::string random_id() {
  auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  std::string id(8, '0');
  for (auto at = id.rbegin(); at != id.rend(); ++at, millis /= 36) *at = kLower[static_cast<std::size_t>(millis % 36)];
  while (id.size() < 14) id.push_back(random_character(kLower));
  return id;
}

}  // namespace pgbaton::system
