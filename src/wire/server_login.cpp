#include "wire/server_login.hpp"

#include <algorithm>

#include "wire/bytes.hpp"
#include "wire/digest.hpp"
#include "wire/scram_text.hpp"

namespace pgbaton::wire {

using base::Code;
using base::Error;
using base::fail;
using base::Result;
using base::Secret;

namespace {

// AuthenticationRequest codes: src/include/libpq/protocol.h.
enum Request { kOk = 0, kCleartext = 3, kMd5 = 5, kSasl = 10, kSaslContinue = 11, kSaslFinal = 12 };

/// What the decoders call an invalid argument is here a server that does not speak the protocol.
template <typename T>
Result<T> spoken(Result<T> result) {
  if (!result && result.error().code == Code::invalid_argument) result.error().code = Code::corrupt;
  return result;
}

auto unexpected_message(char type) {
  return fail(Code::corrupt, "the server sent a message of type {} in the wrong place of its login",
              static_cast<int>(static_cast<unsigned char>(type)));
}

std::string whole(const Message& message) { return Writer{message.frame.type}.bytes(message.body).finish(); }

}  // namespace

ServerLogin::ServerLogin(StartupMessage startup, ProtocolVersion version, Credentials credentials, std::string nonce)
    : startup_(std::move(startup)), version_(version), credentials_(std::move(credentials)), nonce_(std::move(nonce)) {}

std::string ServerLogin::start() const { return build_startup(startup_, version_); }

Result<std::string> ServerLogin::receive(const Message& message) {
  if (state_ != State::going_on || !message.is_whole()) return unexpected_message(message.frame.type);
  received_ += message.frame.size();
  if (received_ > kMaxReceived) return fail(Code::corrupt, "the server's login is longer than {} bytes", kMaxReceived);
  return spoken(take(message));
}

Result<std::string> ServerLogin::take(const Message& message) {
  switch (message.frame.type) {
    case 'R':
      return authenticate(TRY(read_authentication(message.body)));
    case 'E':
      refusal_ = whole(message);
      state_ = State::refused;
      return std::string{};
    case 'N':
      notices_ += whole(message);
      return std::string{};
    case 'v':
      TRY(take_negotiation(message.body));
      return std::string{};
    default:
      TRY(take_session(message));
      return std::string{};
  }
}

Result<> ServerLogin::take_session(const Message& message) {
  const auto type = message.frame.type;
  if (!is_let_in_) return unexpected_message(type);
  if (type == 'S') {
    parameters_.push_back(TRY(read_parameter_status(message.body)));
  } else if (type == 'K') {
    key_ = TRY(read_backend_key_data(message.body));
  } else if (type == 'Z' && message.body == "I") {
    state_ = State::ready;
  } else {
    return unexpected_message(type);
  }
  return {};
}

Result<> ServerLogin::take_negotiation(std::string_view body) {
  const auto theirs = TRY(read_negotiation(body));
  // We ask for no _pq_ options: it has none to refuse.
  if (is_let_in_ || theirs.version.major != version_.major || theirs.version > version_ || !theirs.unknown.empty())
    return fail(Code::corrupt, "the server answered protocol {}.{} with {}.{}", version_.major, version_.minor,
                theirs.version.major, theirs.version.minor);
  version_ = theirs.version;
  return {};
}

Result<std::string> ServerLogin::authenticate(const Authentication& asked) {
  if (is_let_in_) return unexpected_message('R');
  if (scram_state_ != Scram::not_begun) return go_on_with_scram(asked);
  switch (asked.code) {
    case kOk:
      is_let_in_ = true;
      return std::string{};
    case kCleartext:
      return answer_cleartext();
    case kMd5:
      return answer_md5(asked.data);
    case kSasl:
      return begin_scram(asked.data);
    default:
      return lacking(fmt::format("authentication request {}", asked.code));
  }
}

std::unexpected<Error> ServerLogin::lacking(std::string_view method) const {
  return fail(Code::unauthorized, "the server asks for {}, which cannot be given for user \"{}\"", method,
              startup_.user());
}

Result<std::string> ServerLogin::answer_cleartext() const {
  if (const auto* password = std::get_if<Secret>(&credentials_)) return password_message(password->reveal());
  return lacking("a password in the clear");
}

Result<std::string> ServerLogin::answer_md5(std::string_view salt) const {
  if (salt.size() != 4) return fail(Code::corrupt, "the server sent an md5 salt of {} bytes", salt.size());
  if (const auto* verifier = std::get_if<Md5Verifier>(&credentials_))
    return password_message(md5_response(*verifier, salt));
  const auto* password = std::get_if<Secret>(&credentials_);
  if (password == nullptr) return lacking("an md5 password");
  const Md5Verifier verifier{Secret{md5_hex(password->reveal() + std::string(startup_.user()))}};
  return password_message(md5_response(verifier, salt));
}

Result<std::string> ServerLogin::begin_scram(std::string_view mechanisms) {
  const auto offered = TRY(read_sasl_mechanisms(mechanisms));
  if (std::ranges::find(offered, kScram) == offered.end()) return lacking("an unknown SASL mechanism");
  if (const auto* keys = std::get_if<ScramKeys>(&credentials_))
    scram_.emplace(*keys, nonce_);
  else if (const auto* password = std::get_if<Secret>(&credentials_))
    scram_.emplace(*password, nonce_);
  else
    return lacking("a SCRAM password");
  scram_state_ = Scram::first_sent;
  return sasl_initial_response(kScram, scram_->first());
}

/// Nothing else is taken in between: a server that lets us in without its own proof is not the one we think it is.
Result<std::string> ServerLogin::go_on_with_scram(const Authentication& asked) {
  if (asked.code == kSaslContinue && scram_state_ == Scram::first_sent) {
    const auto answer = TRY(scram_->final(asked.data));
    scram_state_ = Scram::final_sent;
    return sasl_response(answer);
  }
  if (asked.code == kSaslFinal && scram_state_ == Scram::final_sent) {
    TRY(scram_->verify(asked.data));
    scram_state_ = Scram::verified;
    return std::string{};
  }
  if (asked.code != kOk || scram_state_ != Scram::verified) return unexpected_message('R');
  is_let_in_ = true;
  return std::string{};
}

}  // namespace pgbaton::wire
