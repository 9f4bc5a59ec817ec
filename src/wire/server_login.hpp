// The login of a server's client, as a machine: messages in, bytes out. The gateway logs in with it as its clients, the
// witness as itself. It begins after the connection (and its TLS, where there is any) is there.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "wire/frame.hpp"
#include "wire/messages.hpp"
#include "wire/scram.hpp"

namespace pgbaton::wire {

/// Nothing: trust or peer. A Secret is the password itself.
using Credentials = std::variant<std::monostate, ScramKeys, Md5Verifier, base::Secret>;

class ServerLogin {
 public:
  /// Bytes that a server may send until it is ready, of all its messages: more is Code::corrupt.
  static constexpr std::size_t kMaxReceived = 1 << 20;

  enum class State { going_on, ready, refused };

  /// `nonce`: as in ScramClient.
  ServerLogin(StartupMessage startup, ProtocolVersion version, Credentials credentials, std::string nonce);
  /// To be sent first.
  [[nodiscard]] std::string start() const;
  /// One whole message of the server; what is to be sent back, which may be nothing. Code::unauthorized when the server
  /// asks for what these credentials cannot give, Code::corrupt when it does not speak the protocol.
  [[nodiscard]] base::Result<std::string> receive(const Message& message);

  [[nodiscard]] State state() const { return state_; }
  /// Refused: what the server said, to be forwarded as it is.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }  // the whole ErrorResponse message
  /// Ready: the rest.
  [[nodiscard]] const CancelKey& key() const { return key_; }
  /// As they came: of a name told twice the last counts.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& parameters() const { return parameters_; }
  [[nodiscard]] const std::string& notices() const { return notices_; }  // NoticeResponse messages, to be forwarded

 private:
  [[nodiscard]] base::Result<std::string> take(const Message& message);
  [[nodiscard]] base::Result<> take_session(const Message& message);
  [[nodiscard]] base::Result<> take_negotiation(std::string_view body);
  [[nodiscard]] base::Result<std::string> authenticate(const Authentication& asked);
  [[nodiscard]] base::Result<std::string> answer_cleartext() const;
  [[nodiscard]] base::Result<std::string> answer_md5(std::string_view salt) const;
  [[nodiscard]] base::Result<std::string> begin_scram(std::string_view mechanisms);
  [[nodiscard]] base::Result<std::string> go_on_with_scram(const Authentication& asked);
  [[nodiscard]] std::unexpected<base::Error> lacking(std::string_view method) const;

  enum class Scram { not_begun, first_sent, final_sent, verified };

  StartupMessage startup_;
  ProtocolVersion version_;
  Credentials credentials_;
  std::string nonce_;
  std::optional<ScramClient> scram_;
  Scram scram_state_ = Scram::not_begun;
  State state_ = State::going_on;
  bool is_let_in_ = false;
  std::size_t received_ = 0;
  std::string refusal_;
  CancelKey key_;
  std::vector<std::pair<std::string, std::string>> parameters_;
  std::string notices_;
};

}  // namespace pgbaton::wire
