#include "wire/digest.hpp"
#include "wire/scram.hpp"
#include "wire/scram_text.hpp"

namespace pgbaton::wire {

using base::Code;
using base::fail;
using base::Result;
using base::Secret;

namespace {

constexpr int kMaxIterations = 10'000'000;

struct ServerFirst {
  std::string_view nonce;
  std::string salt;
  int iterations = 0;
};

Result<ServerFirst> read_server_first(std::string_view message) {
  Attributes attributes{message};
  ServerFirst first;
  first.nonce = TRY(attributes.take('r'));
  first.salt = TRY(from_base64(TRY(attributes.take('s'))));
  first.iterations = TRY(read_iterations(TRY(attributes.take('i'))));
  if (!attributes.is_done()) return fail(Code::invalid_argument, "malformed SCRAM message: garbage at its end");
  return first;
}

}  // namespace

ScramClient::ScramClient(std::variant<ScramKeys, Secret> credentials, std::string nonce)
    : credentials_(std::move(credentials)), nonce_(std::move(nonce)) {}

std::string ScramClient::first() {
  first_bare_ = "n=,r=" + nonce_;  // PostgreSQL goes by the user of the StartupMessage
  return std::string(kWithoutBinding) + first_bare_;
}

Result<ScramKeys> ScramClient::keys_for(const std::string& salt, int iterations) const {
  if (const auto* keys = std::get_if<ScramKeys>(&credentials_)) return *keys;
  if (iterations > kMaxIterations)
    return fail(Code::invalid_argument, "the server asks for {} SCRAM iterations", iterations);
  return derive_keys(std::get<Secret>(credentials_), salt, iterations);
}

Result<std::string> ScramClient::final(std::string_view server_first) {
  const auto server = TRY(read_server_first(server_first));
  if (!server.nonce.starts_with(nonce_) || server.nonce.size() == nonce_.size() || !is_printable(server.nonce))
    return fail(Code::invalid_argument, "invalid SCRAM response: the nonce does not match");
  keys_ = TRY(keys_for(server.salt, server.iterations));
  const auto without_proof = fmt::format("c={},r={}", to_base64(kWithoutBinding), server.nonce);
  auth_message_ = fmt::format("{},{},{}", first_bare_, server_first, without_proof);
  const auto signature = hmac_sha256(keys_.stored_key.reveal(), auth_message_);
  return fmt::format("{},p={}", without_proof, to_base64(exclusive_or(keys_.client_key.reveal(), signature)));
}

Result<> ScramClient::verify(std::string_view server_final) const {
  Attributes attributes{server_final};
  const auto shown = attributes.take('v');
  const auto expected = hmac_sha256(keys_.server_key.reveal(), auth_message_);
  // Before final() there are no keys, and anybody could sign with none.
  if (auth_message_.empty() || !shown || !attributes.is_done() || !are_equal(*shown, to_base64(expected)))
    return fail(Code::unauthorized, "the server did not prove that it knows the user's password");
  return {};
}

}  // namespace pgbaton::wire
