#include "wire/client_login.hpp"

#include <cassert>

#include "wire/digest.hpp"

namespace pgbaton::wire {

using base::Code;
using base::fail;
using base::Result;

namespace {

constexpr std::size_t kSaltSize = 4;
constexpr std::size_t kNonceSize = 18;  // SCRAM_RAW_NONCE_LEN

/// A wrong password with the name of the user that PostgreSQL's words have; anything else as it is.
template <typename T>
Result<T> with_user(std::string_view user, Result<T> result) {
  if (!result && result.error().message == kWrongPassword)
    result.error().message += fmt::format(" for user \"{}\"", user);
  return result;
}

}  // namespace

ClientLogin::ClientLogin(std::string user, Verifier verifier, std::optional<ChannelBinding> binding, std::string random)
    : user_(std::move(user)), verifier_(std::move(verifier)) {
  assert(random.size() >= kSaltSize + kNonceSize);
  salt_ = random.substr(0, kSaltSize);
  if (const auto* scram = std::get_if<ScramVerifier>(&verifier_))
    scram_.emplace(*scram, std::move(binding), to_base64(random.substr(kSaltSize, kNonceSize)));
}

std::string ClientLogin::start() const {
  return scram_ ? authentication_sasl(scram_->mechanisms()) : authentication_md5(salt_);
}

Result<std::string> ClientLogin::receive(const Message& message) {
  if (message.frame.type != 'p')
    return fail(Code::invalid_argument, "expected password response, got message type {}",
                static_cast<int>(static_cast<unsigned char>(message.frame.type)));
  if (!message.is_whole() || message.frame.length > kMaxLength || state_ == State::proven)
    return fail(Code::invalid_argument, "invalid password packet size");
  return with_user(user_, scram_ ? take_scram(message.body) : take_md5(message.body));
}

Result<std::string> ClientLogin::take_md5(std::string_view body) {
  const auto response = TRY(read_text(body));
  const bool is_first = !std::exchange(begun_, true);
  if (!is_first || !md5_matches(std::get<Md5Verifier>(verifier_), salt_, response))
    return fail(Code::unauthorized, "{}", kWrongPassword);
  state_ = State::proven;
  return std::string{};
}

Result<std::string> ClientLogin::take_scram(std::string_view body) {
  return std::exchange(begun_, true) ? finish_scram(body) : begin_scram(body);
}

Result<std::string> ClientLogin::begin_scram(std::string_view body) {
  const auto initial = TRY(read_sasl_initial(body));
  return authentication_sasl_continue(TRY(scram_->first(initial.mechanism, initial.data)));
}

Result<std::string> ClientLogin::finish_scram(std::string_view body) {
  const auto last = TRY(scram_->final(body));
  state_ = State::proven;
  return authentication_sasl_final(last);
}

Credentials ClientLogin::credentials() const {
  if (state_ != State::proven) return {};
  if (scram_) return scram_->keys();
  return std::get<Md5Verifier>(verifier_);
}

}  // namespace pgbaton::wire
