#include "wire/client_login.hpp"

#include <gtest/gtest.h>

#include "wire/digest.hpp"
#include "wire/test_data.hpp"

namespace pgbaton::wire {
namespace {

using namespace std::string_literals;
using base::Code;
using base::Secret;

const std::string kRandom = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kRefusal = "password authentication failed for user \"alice\"";

ClientLogin scram_login(const std::string& password, std::optional<ChannelBinding> binding = std::nullopt) {
  return {"alice", verifier_of(password), std::move(binding), kRandom};
}

Md5Verifier md5_of(const std::string& password) { return {Secret{md5_hex(password + "alice")}}; }

/// The client's part, with the last answer of the login.
base::Result<std::string> log_in(ClientLogin& login, const std::string& password) {
  ScramClient client{Secret{password}, "nonce"};
  const auto initial = sasl_initial_response("SCRAM-SHA-256", client.first());
  const auto go_on = TRY(login.receive(message_of(initial)));
  const auto challenge = TRY(read_authentication(body_of(go_on)));
  EXPECT_EQ(challenge.code, 11);
  const auto response = sasl_response(TRY(client.final(challenge.data)));
  const auto last = TRY(login.receive(message_of(response)));
  const auto outcome = TRY(read_authentication(body_of(last)));
  EXPECT_EQ(outcome.code, 12);
  TRY(client.verify(outcome.data));
  return last;
}

TEST(ClientLogin, OffersWhatTheVerifierAndTheConnectionAllow) {
  EXPECT_EQ(scram_login("x").start(), authentication_sasl({"SCRAM-SHA-256"}));
  EXPECT_EQ(scram_login("x", "hash").start(), authentication_sasl({"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"}));
  EXPECT_EQ((ClientLogin{"alice", md5_of("x"), "hash", kRandom}.start()), authentication_md5("0123"));
}

TEST(ClientLogin, AProvenClientLeavesTheKeysOfItsPassword) {
  auto login = scram_login("geheim");
  ASSERT_TRUE(log_in(login, "geheim"));
  EXPECT_EQ(login.state(), ClientLogin::State::proven);
  const auto credentials = login.credentials();
  const auto verifier = verifier_of("geheim");
  EXPECT_EQ(std::get<ScramKeys>(credentials).client_key.reveal(),
            derive_keys(Secret{"geheim"}, verifier.salt, verifier.iterations).client_key.reveal());
}

TEST(ClientLogin, AWrongPasswordIsRefusedInPostgresWords) {
  auto login = scram_login("geheim");
  const auto result = log_in(login, "guess");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::unauthorized);
  EXPECT_EQ(result.error().message, kRefusal);
  EXPECT_EQ(login.state(), ClientLogin::State::going_on);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(login.credentials()));
}

TEST(ClientLogin, ARoleThatDoesNotExistFailsLikeAWrongPassword) {
  ClientLogin login{"alice", mock_verifier(Secret{"cluster"}, "alice"), std::nullopt, kRandom};
  const auto result = log_in(login, "geheim");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, kRefusal);
}

TEST(ClientLogin, TakesTheMd5OfAnOldRole) {
  ClientLogin login{"alice", md5_of("geheim"), std::nullopt, kRandom};
  const auto salt = std::string(body_of(login.start()).substr(4));
  EXPECT_EQ(login.receive(message_of(password_message(md5_response(md5_of("geheim"), salt)))), ""s);
  EXPECT_EQ(login.state(), ClientLogin::State::proven);
  EXPECT_EQ(std::get<Md5Verifier>(login.credentials()).hash.reveal(), md5_of("geheim").hash.reveal());
}

TEST(ClientLogin, GivesAnMd5RoleOneAttempt) {
  ClientLogin login{"alice", md5_of("geheim"), std::nullopt, kRandom};
  const auto wrong = password_message("geheim");
  const auto right = password_message(md5_response(md5_of("geheim"), "0123"));
  const auto result = login.receive(message_of(wrong));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, kRefusal);
  EXPECT_FALSE(login.receive(message_of(right)));
  EXPECT_EQ(login.state(), ClientLogin::State::going_on);
}

TEST(ClientLogin, WhatIsNoPasswordResponseIsAProtocolViolation) {
  const auto too_long = sasl_initial_response("SCRAM-SHA-256", "n,,n=,r=" + std::string(ClientLogin::kMaxLength, 'x'));
  for (const auto& bytes : {query("select 1"), sync(), too_long, sasl_response("")}) {
    auto login = scram_login("geheim");
    const auto result = login.receive(message_of(bytes));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::invalid_argument);
  }
  auto login = scram_login("geheim");
  auto half = message_of(too_long);
  half.body.remove_suffix(1);
  EXPECT_FALSE(login.receive(half));
}

TEST(ClientLogin, EndsOnceTheClientIsProven) {
  auto login = scram_login("geheim");
  ASSERT_TRUE(log_in(login, "geheim"));
  EXPECT_FALSE(log_in(login, "geheim"));
}

}  // namespace
}  // namespace pgbaton::wire
