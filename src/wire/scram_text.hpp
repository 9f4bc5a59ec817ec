// What both sides of SCRAM share: the attributes that its messages are made of (RFC 5802 section 5.1), and the keys
// that come of a password (section 3). For the .cpp files of this module.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "wire/scram.hpp"

namespace pgbaton::wire {

constexpr std::string_view kScram = "SCRAM-SHA-256";
constexpr std::string_view kScramPlus = "SCRAM-SHA-256-PLUS";
constexpr std::string_view kWithoutBinding = "n,,";  // the gs2 header of a client that cannot bind

/// "r=...,s=...": takes attributes off the front.
class Attributes {
 public:
  explicit Attributes(std::string_view text) : rest_(text) {}
  /// The value of the next one, which must be this one: Code::invalid_argument otherwise.
  [[nodiscard]] base::Result<std::string_view> take(char name);
  [[nodiscard]] bool is_done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// A nonce may hold printable ASCII without commas.
[[nodiscard]] bool is_printable(std::string_view text);
/// Digits of a number from 1 to what an int holds.
[[nodiscard]] base::Result<int> read_iterations(std::string_view text);
/// SASLprep is left out: it changes no ASCII, and PostgreSQL takes the bytes themselves where it fails.
[[nodiscard]] ScramKeys derive_keys(const base::Secret& password, std::string_view salt, int iterations);

}  // namespace pgbaton::wire
