// The authentication of a client towards the gateway, as a machine: messages in, bytes out.
#pragma once

#include <optional>
#include <string>

#include "wire/frame.hpp"
#include "wire/messages.hpp"
#include "wire/scram.hpp"
#include "wire/server_login.hpp"

namespace pgbaton::wire {

class ClientLogin {
 public:
  /// The longest message that a client may send here, by its frame's length (PG_MAX_AUTH_TOKEN_LENGTH): who reads need
  /// not wait for more.
  static constexpr std::uint32_t kMaxLength = 65'535;

  enum class State { going_on, proven };

  /// `random`: 32 random bytes, for nonce and salt. The rest as in ScramServer.
  ClientLogin(std::string user, Verifier verifier, std::optional<ChannelBinding> binding, std::string random);
  /// To be sent first: the request for authentication.
  [[nodiscard]] std::string start() const;
  /// One whole message of the client ('p'); what is to be sent back. When it has become proven, the returned bytes
  /// (SASLFinal or nothing; never AuthenticationOk) are to be sent only after the server has let the user in too.
  /// Code::unauthorized: "password authentication failed for user ..." as PostgreSQL words it. Code::invalid_argument:
  /// a protocol violation. One attempt: after an error nothing but errors.
  [[nodiscard]] base::Result<std::string> receive(const Message& message);

  [[nodiscard]] State state() const { return state_; }
  /// Proven: what the gateway logs in with. ScramKeys or Md5Verifier; before, nothing.
  [[nodiscard]] Credentials credentials() const;

 private:
  [[nodiscard]] base::Result<std::string> take_md5(std::string_view body);
  [[nodiscard]] base::Result<std::string> take_scram(std::string_view body);
  [[nodiscard]] base::Result<std::string> begin_scram(std::string_view body);
  [[nodiscard]] base::Result<std::string> finish_scram(std::string_view body);

  std::string user_;
  Verifier verifier_;
  std::optional<ScramServer> scram_;
  std::string salt_;  // of md5
  State state_ = State::going_on;
  bool begun_ = false;  // something has been received
};

}  // namespace pgbaton::wire
