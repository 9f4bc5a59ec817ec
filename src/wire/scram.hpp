// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677) from both sides, and the md5 of old roles.
//
// The gateway plays the server to its clients with the verifier that PostgreSQL keeps in pg_authid.rolpassword. A
// client's proof gives its ClientKey (ClientProof XOR HMAC(StoredKey, AuthMessage)), and with that the gateway logs in
// to the server as that user, now and later, without a password. Keys are base::Secret and live as long as the client's
// session.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace pgbaton::wire {

struct ScramVerifier {
  int iterations = 4096;
  std::string salt;  // bytes
  base::Secret stored_key;
  base::Secret server_key;
};
struct Md5Verifier {
  base::Secret hash;  // 32 hex digits of md5(password + user)
};
using Verifier = std::variant<ScramVerifier, Md5Verifier>;

/// pg_authid.rolpassword: SCRAM-SHA-256$4096:SALT$STORED:SERVER or md5.... Anything else: Code::invalid_argument.
[[nodiscard]] base::Result<Verifier> parse_verifier(std::string_view rolpassword);
/// Of a role that does not exist or has no password: nobody can tell it from a real one (PostgreSQL's mock
/// authentication). `secret` stays the same for the cluster, so that the salt of a name does.
[[nodiscard]] ScramVerifier mock_verifier(const base::Secret& secret, std::string_view user);

/// What lets the gateway log in as the user later.
struct ScramKeys {
  base::Secret client_key;
  base::Secret stored_key;
  base::Secret server_key;
};

/// The hash of the certificate for the channel binding tls-server-end-point (RFC 5929): of its DER form, with its
/// signature's hash function, SHA-256 instead of MD5 and SHA-1. Computed by who has the certificate.
using ChannelBinding = std::string;

/// What ScramServer says of a wrong proof; who knows the user's name adds it.
constexpr std::string_view kWrongPassword = "password authentication failed";

/// The server's part of one exchange, in its order and once: after an error nothing but errors.
class ScramServer {
 public:
  /// `binding` absent: the client did not come by TLS, and only SCRAM-SHA-256 is offered. `nonce`: our random part, 18
  /// bytes or more in base64.
  ScramServer(ScramVerifier verifier, std::optional<ChannelBinding> binding, std::string nonce);
  [[nodiscard]] std::vector<std::string> mechanisms() const;
  /// client-first-message → server-first-message. Code::unauthorized for what PostgreSQL refuses: an unknown mechanism,
  /// a wrong gs2 header, a downgrade ("y" although PLUS was offered). Code::invalid_argument: not the protocol.
  [[nodiscard]] base::Result<std::string> first(std::string_view mechanism, std::string_view message);
  /// client-final-message → server-final-message. Code::unauthorized: a wrong proof, nonce or channel binding;
  /// Code::invalid_argument: not the protocol.
  [[nodiscard]] base::Result<std::string> final(std::string_view message);
  /// After final.
  [[nodiscard]] const ScramKeys& keys() const { return keys_; }

 private:
  enum class Expects { first, final, nothing };

  [[nodiscard]] base::Result<> check_mechanism(std::string_view mechanism) const;
  [[nodiscard]] base::Result<> check_binding(std::string_view shown) const;
  [[nodiscard]] base::Result<ScramKeys> recover_keys(std::string_view proof) const;

  ScramVerifier verifier_;
  std::optional<ChannelBinding> binding_;
  std::string nonce_;         // ours; from first on the client's and ours
  std::string gs2_header_;    // as the client sent it
  std::string auth_message_;  // RFC 5802 section 3
  ScramKeys keys_;
  Expects expects_ = Expects::first;
};

/// The client's part of one exchange, without channel binding (to a server on a Unix socket).
class ScramClient {
 public:
  /// With the keys of a client that has shown its proof, or with a password: then the keys are derived at server-first.
  ScramClient(std::variant<ScramKeys, base::Secret> credentials, std::string nonce);
  [[nodiscard]] std::string first();
  /// server-first-message → client-final-message. Code::invalid_argument: not the protocol, or so many iterations that
  /// deriving keys from a password would stop this thread for long (more than 10 million; 4096 is PostgreSQL's number).
  [[nodiscard]] base::Result<std::string> final(std::string_view server_first);
  /// Whether the server has shown that it knows the user too. Code::unauthorized if not.
  [[nodiscard]] base::Result<> verify(std::string_view server_final) const;

 private:
  [[nodiscard]] base::Result<ScramKeys> keys_for(const std::string& salt, int iterations) const;

  std::variant<ScramKeys, base::Secret> credentials_;
  std::string nonce_;
  std::string first_bare_;
  std::string auth_message_;
  ScramKeys keys_;
};

/// What answers AuthenticationMD5Password: "md5" and md5(hash + salt) in hex.
[[nodiscard]] std::string md5_response(const Md5Verifier& verifier, std::string_view salt);
[[nodiscard]] bool md5_matches(const Md5Verifier& verifier, std::string_view salt, std::string_view response);

}  // namespace pgbaton::wire
