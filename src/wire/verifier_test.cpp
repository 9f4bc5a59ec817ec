// What PostgreSQL keeps in pg_authid.rolpassword.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/digest.hpp"
#include "wire/test_data.hpp"

namespace pgbaton::wire {
namespace {

using namespace std::string_literals;
using base::Code;
using base::Secret;

// PostgreSQL 15: create role alice password 'secret'.
const std::string kRolpassword =
    "SCRAM-SHA-256$4096:0Fr4nr/I96BkrvPj8ApzuA==$jBNshiNXyFmTatsMiB0FrZtVByOxbTvT/NUWemmkYns=:C+M5muxJ0WIi/"
    "e5Qd0QSK6Z8hfNGRh4A745XPNxO5+Y=";
const std::string kMd5OfAlice = "4a0a68b43b6cd5cf266fa02f196e2371";

TEST(Verifier, OfPostgresHoldsTheKeysOfThePassword) {
  const auto verifier = parse_verifier(kRolpassword);
  ASSERT_TRUE(verifier);
  const auto* scram = std::get_if<ScramVerifier>(&*verifier);
  ASSERT_NE(scram, nullptr);
  EXPECT_EQ(scram->iterations, 4096);
  EXPECT_EQ(scram->salt.size(), 16U);
  const auto keys = derive_keys(Secret{"secret"}, scram->salt, scram->iterations);
  EXPECT_EQ(scram->stored_key.reveal(), keys.stored_key.reveal());
  EXPECT_EQ(scram->server_key.reveal(), keys.server_key.reveal());
}

TEST(Verifier, OfAnOldRoleIsTheHashOfPasswordAndName) {
  const auto verifier = parse_verifier("md5" + kMd5OfAlice);
  ASSERT_TRUE(verifier);
  EXPECT_EQ(std::get<Md5Verifier>(*verifier).hash.reveal(), md5_hex("secretalice"));
}

TEST(Verifier, WhatIsNoneIsRefusedAndNotRepeated) {
  const auto key = to_base64(std::string(32, 'k'));
  for (const auto& text :
       {""s, "secret"s, "md5"s, "md5" + kMd5OfAlice + "0", "md5" + std::string(32, 'g'), "md5" + std::string(32, 'A'),
        "SCRAM-SHA-256"s, "SCRAM-SHA-256$4096:c2FsdA=="s, "SCRAM-SHA-256$4096$" + key + ":" + key,
        "SCRAM-SHA-256$0:c2FsdA==$" + key + ":" + key, "SCRAM-SHA-256$x:c2FsdA==$" + key + ":" + key,
        "SCRAM-SHA-256$4096:c2Fsd$" + key + ":" + key, "SCRAM-SHA-256$4096:c2FsdA==$" + key,
        "SCRAM-SHA-256$4096:c2FsdA==$" + key + ":" + key + ":", "SCRAM-SHA-256$4096:c2FsdA==$" + key + ":" + key + "$",
        "SCRAM-SHA-256$4096:c2FsdA==$c2hvcnQ=:" + key, "SCRAM-SHA-1$4096:c2FsdA==$" + key + ":" + key}) {
    const auto verifier = parse_verifier(text);
    ASSERT_FALSE(verifier) << text;
    EXPECT_EQ(verifier.error().code, Code::invalid_argument);
    if (!text.empty()) {
      EXPECT_EQ(verifier.error().message.find(text), std::string::npos);
    }
  }
}

TEST(MockVerifier, LooksLikeARealOneAndStaysTheSameForAName) {
  const Secret cluster{"secret of the cluster"};
  const auto mock = mock_verifier(cluster, "nobody");
  const auto real = verifier_of("x");
  EXPECT_EQ(mock.iterations, real.iterations);
  EXPECT_EQ(mock.salt.size(), real.salt.size());
  EXPECT_EQ(mock.stored_key.reveal().size(), real.stored_key.reveal().size());
  EXPECT_EQ(mock.salt, mock_verifier(cluster, "nobody").salt);
  EXPECT_NE(mock.salt, mock_verifier(cluster, "somebody").salt);
  EXPECT_NE(mock.salt, mock_verifier(Secret{"another"}, "nobody").salt);
}

TEST(Md5, MatchesTheAnswerOfThePasswordForThisSaltOnly) {
  const Md5Verifier verifier{Secret{kMd5OfAlice}};
  const auto salt = "\1\2\3\4"s;
  const auto answer = "md598a0412b9c31436fc53776e863350083"s;  // by PostgreSQL's formula in another language
  EXPECT_EQ(md5_response(verifier, salt), answer);
  EXPECT_TRUE(md5_matches(verifier, salt, answer));
  EXPECT_FALSE(md5_matches(verifier, "\1\2\3\5"s, answer));
  for (const auto& wrong : {""s, "md5"s, answer + "0", answer.substr(1), md5_response({Secret{md5_hex("x")}}, salt)})
    EXPECT_FALSE(md5_matches(verifier, salt, wrong)) << wrong;
}

TEST(Base64, IsTakenWithoutAnyFreedom) {
  EXPECT_EQ(from_base64(""), "");
  EXPECT_EQ(from_base64("c2FsdA=="), "salt");
  for (const auto* text :
       {"c", "c2F", "c2FsdA=", "c2FsdA", "=", "====", "c2Fs=A==", " c2FsdA=", "c2FsdA==\n", "c2F-dA=="})
    EXPECT_FALSE(from_base64(text)) << text;
}

RC_GTEST_PROP(Base64, RoundTrips, ()) {
  const auto bytes = any_bytes();
  RC_ASSERT((from_base64(to_base64(bytes)) == bytes));
}

}  // namespace
}  // namespace pgbaton::wire
