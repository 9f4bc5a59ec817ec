#include "wire/scram.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/digest.hpp"
#include "wire/test_data.hpp"

namespace pgbaton::wire {
namespace {

using base::Code;
using base::Secret;

const std::string kNonce = "server-nonce";
const std::string kHash = "the hash of a certificate, here any bytes";
const std::string kBoundHeader = "p=tls-server-end-point,,";

ScramKeys keys_of(const std::string& password) {
  const auto verifier = verifier_of(password);
  return derive_keys(Secret{password}, verifier.salt, verifier.iterations);
}

/// What a client of any gs2 header answers to `server_first`; `bound` is what it puts into c=.
std::string client_final(const std::string& bound, const std::string& server_first, const std::string& password) {
  const auto keys = keys_of(password);
  const auto nonce = server_first.substr(2, server_first.find(',') - 2);
  const auto without_proof = fmt::format("c={},r={}", to_base64(bound), nonce);
  const auto signature = hmac_sha256(keys.stored_key.reveal(), "n=,r=client," + server_first + "," + without_proof);
  return without_proof + ",p=" + to_base64(exclusive_or(keys.client_key.reveal(), signature));
}

/// An exchange of ours with ours; the server's part of it.
base::Result<ScramServer> log_in(std::variant<ScramKeys, Secret> credentials, const ScramVerifier& verifier) {
  ScramServer server{verifier, std::nullopt, kNonce};
  ScramClient client{std::move(credentials), "client-nonce"};
  const auto server_first = TRY(server.first("SCRAM-SHA-256", client.first()));
  const auto server_final = TRY(server.final(TRY(client.final(server_first))));
  TRY(client.verify(server_final));
  return server;
}

// RFC 7677 section 3.
struct Rfc7677 : testing::Test {
  ScramKeys keys = derive_keys(Secret{"pencil"}, from_base64("W22ZaJ0SNY7soEsUEjb6gQ==").value(), 4096);
  ScramServer server{{4096, from_base64("W22ZaJ0SNY7soEsUEjb6gQ==").value(), keys.stored_key, keys.server_key},
                     std::nullopt,
                     "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"};
};

TEST_F(Rfc7677, ItsExchangeIsOurs) {
  EXPECT_EQ(server.first("SCRAM-SHA-256", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  EXPECT_EQ(server.final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                         "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  EXPECT_EQ(server.keys().client_key.reveal(), keys.client_key.reveal());
}

TEST(Scram, ThePasswordLogsIn) { EXPECT_TRUE(log_in(Secret{"geheim"}, verifier_of("geheim"))); }

TEST(Scram, TheKeysThatAProofGaveLogInAgainWithoutThePassword) {
  const auto first = log_in(Secret{"geheim"}, verifier_of("geheim"));
  ASSERT_TRUE(first);
  EXPECT_TRUE(log_in(first->keys(), verifier_of("geheim")));
  EXPECT_FALSE(log_in(first->keys(), verifier_of("changed since")));
}

TEST(Scram, AWrongPasswordIsRefusedAndGivesNoKeys) {
  ScramServer server{verifier_of("geheim"), std::nullopt, kNonce};
  ScramClient client{Secret{"guess"}, "client-nonce"};
  const auto final = client.final(server.first("SCRAM-SHA-256", client.first()).value()).value();
  const auto result = server.final(final);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::unauthorized);
  EXPECT_EQ(result.error().message, kWrongPassword);
  EXPECT_TRUE(server.keys().client_key.empty());
}

TEST(Scram, AnEmptyVerifierLetsNobodyIn) {
  const auto result = log_in(Secret{""}, ScramVerifier{});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::unauthorized);
}

TEST(ScramServer, OffersBindingOnlyWhereThereIsACertificate) {
  EXPECT_EQ((ScramServer{{}, std::nullopt, kNonce}.mechanisms()), std::vector<std::string>{"SCRAM-SHA-256"});
  EXPECT_EQ((ScramServer{{}, kHash, kNonce}.mechanisms()),
            (std::vector<std::string>{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"}));
}

TEST(ScramServer, TakesAndRefusesHeadersOfClientsAsPostgresDoes) {
  const std::string plain = "SCRAM-SHA-256";
  const std::string plus = "SCRAM-SHA-256-PLUS";
  const struct {
    std::optional<ChannelBinding> binding;
    std::string mechanism;
    std::string message;
    std::optional<Code> refusal;
  } cases[] = {
      {std::nullopt, plain, "n,,n=,r=abc", {}},
      {std::nullopt, plain, "n,,n=,r=abc,x=extension", {}},
      {std::nullopt, plain, "y,,n=,r=abc", {}},
      {kHash, plain, "n,,n=,r=abc", {}},
      {kHash, plus, "p=tls-server-end-point,,n=,r=abc", {}},
      {kHash, plain, "y,,n=,r=abc", Code::unauthorized},  // a downgrade
      {kHash, plus, "y,,n=,r=abc", Code::unauthorized},
      {kHash, plus, "n,,n=,r=abc", Code::unauthorized},
      {kHash, plain, "p=tls-server-end-point,,n=,r=abc", Code::unauthorized},
      {kHash, plus, "p=tls-unique,,n=,r=abc", Code::unauthorized},
      {std::nullopt, plus, "p=tls-server-end-point,,n=,r=abc", Code::unauthorized},
      {std::nullopt, "SCRAM-SHA-1", "n,,n=,r=abc", Code::unauthorized},
      {std::nullopt, "", "n,,n=,r=abc", Code::unauthorized},
      {std::nullopt, plain, "n,a=other,n=,r=abc", Code::unauthorized},
      {std::nullopt, plain, "", Code::invalid_argument},
      {std::nullopt, plain, "n", Code::invalid_argument},
      {std::nullopt, plain, "n,", Code::invalid_argument},
      {std::nullopt, plain, "n,,", Code::invalid_argument},
      {std::nullopt, plain, "q,,n=,r=abc", Code::invalid_argument},
      {std::nullopt, plain, "n,x,n=,r=abc", Code::invalid_argument},
      {std::nullopt, plain, "n,,m=ext,n=,r=abc", Code::invalid_argument},
      {std::nullopt, plain, "n,,r=abc,n=", Code::invalid_argument},
      {std::nullopt, plain, "n,,n=,r=", Code::invalid_argument},
      {std::nullopt, plain, "n,,n=,r=a\x01", Code::invalid_argument},
  };
  for (const auto& [binding, mechanism, message, refusal] : cases) {
    const auto result = ScramServer{verifier_of("x"), binding, kNonce}.first(mechanism, message);
    EXPECT_EQ(result.has_value(), !refusal) << mechanism << " " << message;
    if (refusal && !result) {
      EXPECT_EQ(result.error().code, *refusal) << mechanism << " " << message;
    }
  }
}

TEST(ScramServer, BindsToItsCertificateAndNoOther) {
  for (const auto& [shown, is_bound] : {std::pair{kHash, true}, {"another certificate", false}, {"", false}}) {
    ScramServer server{verifier_of("geheim"), kHash, kNonce};
    const auto first = server.first("SCRAM-SHA-256-PLUS", kBoundHeader + "n=,r=client").value();
    const auto result = server.final(client_final(kBoundHeader + shown, first, "geheim"));
    EXPECT_EQ(result.has_value(), is_bound) << shown;
    if (!is_bound && !result) {
      EXPECT_EQ(result.error().message, "SCRAM channel binding check failed");
    }
  }
}

TEST(ScramServer, WantsTheHeaderThatTheClientBeganWithToBeProven) {
  for (const auto& [began, proven] : {std::pair{"n,,", "n,,"}, {"y,,", "y,,"}, {"n,,", "y,,"}, {"y,,", "n,,"}}) {
    ScramServer server{verifier_of("geheim"), std::nullopt, kNonce};
    const auto first = server.first("SCRAM-SHA-256", began + std::string("n=,r=client")).value();
    EXPECT_EQ(server.final(client_final(proven, first, "geheim")).has_value(), began == std::string(proven));
  }
}

TEST(ScramServer, GivesOneAttemptInTheRightOrder) {
  ScramServer early{verifier_of("geheim"), std::nullopt, kNonce};
  EXPECT_FALSE(early.final("c=biws,r=server-nonce,p=AAAA"));

  ScramServer server{verifier_of("geheim"), std::nullopt, kNonce};
  const auto first = server.first("SCRAM-SHA-256", "n,,n=,r=client").value();
  EXPECT_FALSE(server.final(client_final("n,,", first, "guess")));
  EXPECT_FALSE(server.final(client_final("n,,", first, "geheim")));
}

RC_GTEST_PROP(ScramServer, RefusesAFinalMessageWithOneByteChanged, ()) {
  ScramServer server{verifier_of("geheim"), std::nullopt, kNonce};
  const auto first = server.first("SCRAM-SHA-256", "n,,n=,r=client").value();
  auto final = client_final("n,,", first, "geheim");
  auto& byte = final[*rc::gen::inRange<std::size_t>(0, final.size() - 2)];  // base64's last digit has bits to spare
  byte = *rc::gen::distinctFrom(byte);
  RC_ASSERT(!server.final(final));
}

TEST(ScramClient, RefusesAServerFirstMessageThatIsNone) {
  for (const auto* message : {"", "r=", "r=client,s=c2FsdA==,i=4096", "r=other-more,s=c2FsdA==,i=4096", "r=client-more",
                              "r=client-more,s=c2FsdA==", "r=client-more,s=c2Fsd,i=4096",
                              "r=client-more,s=c2FsdA==,i=", "r=client-more,s=c2FsdA==,i=0",
                              "r=client-more,s=c2FsdA==,i=-1", "r=client-more,s=c2FsdA==,i=4096x",
                              "r=client-more,s=c2FsdA==,i=99999999999", "r=client-more,s=c2FsdA==,i=2147483647",
                              "r=client-more,s=c2FsdA==,i=4096,x=y", "m=x,r=client-more,s=c2FsdA==,i=4096", "e=no"}) {
    ScramClient client{Secret{"geheim"}, "client"};
    (void)client.first();
    const auto result = client.final(message);
    ASSERT_FALSE(result) << message;
    EXPECT_EQ(result.error().code, Code::invalid_argument) << message;
  }
}

TEST(ScramClient, TrustsNoServerThatDoesNotKnowTheUser) {
  ScramServer server{verifier_of("geheim"), std::nullopt, kNonce};
  ScramClient client{Secret{"geheim"}, "client-nonce"};
  const auto final = client.final(server.first("SCRAM-SHA-256", client.first()).value()).value();
  const auto good = server.final(final).value();
  EXPECT_TRUE(client.verify(good));
  for (const auto& bad : {std::string("e=invalid-proof"), std::string("v="), std::string(), good + ",x=y",
                          "v=" + to_base64(std::string(32, 'x')), "v=" + good})
    EXPECT_FALSE(client.verify(bad)) << bad;
}

TEST(ScramClient, IsNotFooledBeforeThereAreKeys) {
  const ScramClient client{Secret{"geheim"}, "client-nonce"};
  EXPECT_FALSE(client.verify("v=" + to_base64(hmac_sha256("", ""))));
}

}  // namespace
}  // namespace pgbaton::wire
