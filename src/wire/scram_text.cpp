#include "wire/scram_text.hpp"

#include <algorithm>
#include <charconv>

#include "wire/digest.hpp"

namespace pgbaton::wire {

using base::Code;
using base::fail;
using base::Result;
using base::Secret;

Result<std::string_view> Attributes::take(char name) {
  if (rest_.size() < 2 || rest_[0] != name || rest_[1] != '=')
    return fail(Code::invalid_argument, "malformed SCRAM message: attribute \"{}\" expected", name);
  const auto end = std::min(rest_.find(','), rest_.size());
  const auto value = rest_.substr(2, end - 2);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  return value;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != ','; });
}

Result<int> read_iterations(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1)
    return fail(Code::invalid_argument, "invalid SCRAM iteration count");
  return value;
}

ScramKeys derive_keys(const Secret& password, std::string_view salt, int iterations) {
  const auto salted = pbkdf2_sha256(password.reveal(), salt, iterations);
  const auto client_key = hmac_sha256(salted, "Client Key");
  return {Secret{client_key}, Secret{sha256(client_key)}, Secret{hmac_sha256(salted, "Server Key")}};
}

}  // namespace pgbaton::wire
