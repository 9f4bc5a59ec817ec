// Refuses what PostgreSQL refuses, in its words: src/backend/libpq/auth-scram.c.
#include "wire/digest.hpp"
#include "wire/scram.hpp"
#include "wire/scram_text.hpp"

namespace pgbaton::wire {

using base::Code;
using base::fail;
using base::Result;
using base::Secret;

namespace {

constexpr std::string_view kBindingFlag = "p=tls-server-end-point";

auto malformed(std::string_view what) { return fail(Code::invalid_argument, "malformed SCRAM message: {}", what); }
auto refused(std::string_view what) { return fail(Code::unauthorized, "{}", what); }

enum class Plus { not_offered, offered, chosen };

/// RFC 5802 section 6. "y" is a client that could bind and was told, perhaps by somebody in between, that we cannot.
Result<> check_flag(std::string_view flag, Plus plus) {
  if (flag == "y" && plus != Plus::not_offered) return refused("SCRAM channel binding negotiation error");
  if (flag.starts_with("p=") && flag != kBindingFlag) return refused("unsupported SCRAM channel-binding type");
  if (flag != "n" && flag != "y" && flag != kBindingFlag) return malformed("unexpected channel-binding flag");
  if (plus == Plus::chosen && flag != kBindingFlag)
    return refused("SCRAM-SHA-256-PLUS was selected, but the SCRAM message does not include channel binding data");
  if (plus != Plus::chosen && flag == kBindingFlag)
    return refused("SCRAM-SHA-256 without channel binding was selected, but the SCRAM message includes it");
  return {};
}

/// The gs2 header that a client-first-message begins with, both commas included.
Result<std::string_view> gs2_header(std::string_view message, Plus plus) {
  const auto flag = message.substr(0, message.find(','));
  TRY(check_flag(flag, plus));
  const auto rest = message.substr(flag.size());
  if (rest.starts_with(",a=")) return refused("client uses authorization identity, but it is not supported");
  if (!rest.starts_with(",,")) return malformed("unexpected attribute in client-first-message");
  return message.substr(0, flag.size() + 2);
}

}  // namespace

ScramServer::ScramServer(ScramVerifier verifier, std::optional<ChannelBinding> binding, std::string nonce)
    : verifier_(std::move(verifier)), binding_(std::move(binding)), nonce_(std::move(nonce)) {}

std::vector<std::string> ScramServer::mechanisms() const {
  if (!binding_) return {std::string(kScram)};
  return {std::string(kScramPlus), std::string(kScram)};
}

Result<> ScramServer::check_mechanism(std::string_view mechanism) const {
  if (mechanism == kScram || (mechanism == kScramPlus && binding_)) return {};
  return refused("client selected an invalid SASL authentication mechanism");
}

Result<std::string> ScramServer::first(std::string_view mechanism, std::string_view message) {
  if (std::exchange(expects_, Expects::nothing) != Expects::first) return malformed("not its turn");
  TRY(check_mechanism(mechanism));
  const auto offered = binding_ ? Plus::offered : Plus::not_offered;
  gs2_header_ = TRY(gs2_header(message, mechanism == kScramPlus ? Plus::chosen : offered));
  const auto bare = message.substr(gs2_header_.size());
  Attributes attributes{bare};
  TRY(attributes.take('n'));  // PostgreSQL too goes by the user of the StartupMessage
  const auto client_nonce = TRY(attributes.take('r'));
  if (client_nonce.empty() || !is_printable(client_nonce)) return malformed("non-printable characters in SCRAM nonce");
  nonce_.insert(0, client_nonce);
  auto reply = fmt::format("r={},s={},i={}", nonce_, to_base64(verifier_.salt), verifier_.iterations);
  auth_message_ = fmt::format("{},{}", bare, reply);
  expects_ = Expects::final;
  return reply;
}

Result<> ScramServer::check_binding(std::string_view shown) const {
  const bool is_bound = gs2_header_.starts_with(kBindingFlag);
  if (are_equal(shown, to_base64(gs2_header_ + (is_bound ? *binding_ : "")))) return {};
  return is_bound ? refused("SCRAM channel binding check failed")
                  : refused("unexpected SCRAM channel-binding attribute in client-final-message");
}

/// ClientKey is ClientProof XOR ClientSignature, and right when it is what StoredKey is the hash of.
Result<ScramKeys> ScramServer::recover_keys(std::string_view proof) const {
  const auto decoded = from_base64(proof);
  if (!decoded || decoded->size() != kSha256Size) return malformed("malformed proof in client-final-message");
  const auto& stored_key = verifier_.stored_key.reveal();
  auto client_key = exclusive_or(*decoded, hmac_sha256(stored_key, auth_message_));
  if (!are_equal(sha256(client_key), stored_key)) return refused(kWrongPassword);
  return ScramKeys{Secret{std::move(client_key)}, verifier_.stored_key, verifier_.server_key};
}

Result<std::string> ScramServer::final(std::string_view message) {
  if (std::exchange(expects_, Expects::nothing) != Expects::final) return malformed("not its turn");
  Attributes attributes{message};
  const auto binding = TRY(attributes.take('c'));
  const auto nonce = TRY(attributes.take('r'));
  constexpr std::string_view kProof = ",p=";
  const auto proof_at = message.find(kProof);  // extensions may stand before it, nothing after it
  if (proof_at == std::string_view::npos) return malformed("attribute \"p\" expected");
  TRY(check_binding(binding));
  if (!are_equal(nonce, nonce_)) return refused("invalid SCRAM response: the nonce does not match");
  auth_message_ += fmt::format(",{}", message.substr(0, proof_at));
  keys_ = TRY(recover_keys(message.substr(proof_at + kProof.size())));
  return "v=" + to_base64(hmac_sha256(verifier_.server_key.reveal(), auth_message_));
}

}  // namespace pgbaton::wire
