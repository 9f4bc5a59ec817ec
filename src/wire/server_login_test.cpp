#include "wire/server_login.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/digest.hpp"
#include "wire/test_data.hpp"

namespace pgbaton::wire {
namespace {

using namespace std::string_literals;
using base::Code;
using base::Secret;
using State = ServerLogin::State;

const CancelKey kKey{42, "0123"};

ServerLogin login_with(Credentials credentials, ProtocolVersion version = kNewestProtocol) {
  return {{{3, 0}, {{"user", "alice"}}}, version, std::move(credentials), "nonce"};
}

base::Result<std::string> give(ServerLogin& login, const std::string& bytes) {
  return login.receive(message_of(bytes));
}

/// What every server says after it has let somebody in.
void expect_ready(ServerLogin& login) {
  EXPECT_EQ(give(login, authentication_ok()), ""s);
  EXPECT_EQ(give(login, parameter_status("TimeZone", "UTC")), ""s);
  EXPECT_EQ(give(login, parameter_status("TimeZone", "Europe/Berlin")), ""s);
  EXPECT_EQ(give(login, backend_key_data(kKey)), ""s);
  EXPECT_EQ(login.state(), State::going_on);
  EXPECT_EQ(give(login, ready_for_query('I')), ""s);
  EXPECT_EQ(login.state(), State::ready);
  EXPECT_EQ(login.key(), kKey);
  EXPECT_EQ(login.parameters(),
            (std::vector<std::pair<std::string, std::string>>{{"TimeZone", "UTC"}, {"TimeZone", "Europe/Berlin"}}));
}

/// The client-first-message that a login answers AuthenticationSASL with.
std::string first_of(ServerLogin& login) {
  const auto initial = give(login, authentication_sasl({"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"}));
  EXPECT_TRUE(initial);
  const auto sasl = read_sasl_initial(body_of(*initial));
  EXPECT_EQ(sasl->mechanism, "SCRAM-SHA-256");
  return std::string(sasl->data);
}

/// A login that has shown its proof to a server that knows "geheim"; the server's signature.
std::string prove(ServerLogin& login) {
  ScramServer server{verifier_of("geheim"), std::nullopt, "server-nonce"};
  const auto challenge = server.first("SCRAM-SHA-256", first_of(login)).value();
  const auto response = give(login, authentication_sasl_continue(challenge)).value();
  return server.final(body_of(response)).value();
}

TEST(ServerLogin, BeginsWithTheStartupMessageOfTheUser) {
  EXPECT_EQ(login_with({}, {3, 2}).start(), "\0\0\0\x14\0\3\0\2user\0alice\0\0"s);
}

TEST(ServerLogin, IsLetInWithoutQuestionsWhereTheServerTrusts) {
  auto login = login_with({});
  expect_ready(login);
}

TEST(ServerLogin, ShowsScramProofOfAPasswordAndOfKeysAlone) {
  const auto verifier = verifier_of("geheim");
  const auto keys = derive_keys(Secret{"geheim"}, verifier.salt, verifier.iterations);
  for (const auto& credentials : {Credentials{Secret{"geheim"}}, Credentials{keys}}) {
    auto login = login_with(credentials);
    const auto signature = prove(login);
    EXPECT_EQ(give(login, authentication_sasl_final(signature)), ""s);
    expect_ready(login);
  }
}

TEST(ServerLogin, AServerWithoutTheRightSignatureIsNotTrusted) {
  auto login = login_with(Secret{"geheim"});
  (void)prove(login);
  const auto result = give(login, authentication_sasl_final("v=" + to_base64(std::string(32, 'x'))));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::unauthorized);
  EXPECT_FALSE(give(login, authentication_ok()));
}

TEST(ServerLogin, AServerCannotSkipItsPartOfScram) {
  const std::string tries[] = {authentication_ok(), authentication_sasl_final("v="), authentication_md5("salt"),
                               authentication_sasl({"SCRAM-SHA-256"}), "R\0\0\0\x08\0\0\0\3"s};
  for (const auto& bytes : tries) {
    auto begun = login_with(Secret{"geheim"});
    (void)first_of(begun);
    EXPECT_EQ(give(begun, bytes).error().code, Code::corrupt);

    auto shown = login_with(Secret{"geheim"});
    (void)prove(shown);
    EXPECT_FALSE(give(shown, bytes));
  }
}

TEST(ServerLogin, AnswersMd5WithThePasswordOrItsHash) {
  const Md5Verifier verifier{Secret{md5_hex("geheimalice")}};
  for (const auto& credentials : {Credentials{Secret{"geheim"}}, Credentials{verifier}}) {
    auto login = login_with(credentials);
    EXPECT_EQ(give(login, authentication_md5("salt")), password_message(md5_response(verifier, "salt")));
    expect_ready(login);
  }
}

TEST(ServerLogin, GivesThePasswordInTheClearToAServerThatAsks) {
  auto login = login_with(Secret{"geheim"});
  EXPECT_EQ(give(login, "R\0\0\0\x08\0\0\0\3"s), password_message("geheim"));
  expect_ready(login);
}

TEST(ServerLogin, SaysWhichCredentialsItLacks) {
  const Credentials keys = ScramKeys{};
  const Credentials md5 = Md5Verifier{};
  const std::string cleartext = "R\0\0\0\x08\0\0\0\3"s;
  const std::pair<Credentials, std::string> cases[] = {
      {{}, cleartext},
      {{}, authentication_md5("salt")},
      {{}, authentication_sasl({"SCRAM-SHA-256"})},
      {keys, cleartext},
      {keys, authentication_md5("salt")},
      {md5, cleartext},
      {md5, authentication_sasl({"SCRAM-SHA-256"})},
      {keys, authentication_sasl({"SCRAM-SHA-256-PLUS", "OAUTHBEARER"})},
      {Secret{"geheim"}, "R\0\0\0\x08\0\0\0\7"s},  // GSSAPI
  };
  for (const auto& [credentials, asked] : cases) {
    auto login = login_with(credentials);
    const auto result = give(login, asked);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::unauthorized);
    EXPECT_NE(result.error().message.find("\"alice\""), std::string::npos);
  }
}

TEST(ServerLogin, KeepsARefusalToBeForwardedAsItIs) {
  const auto refusal = error_response({"FATAL", "28P01", "no", "", ""});
  auto login = login_with({});
  EXPECT_EQ(give(login, refusal), ""s);
  EXPECT_EQ(login.state(), State::refused);
  EXPECT_EQ(login.refusal(), refusal);
}

TEST(ServerLogin, KeepsNoticesToBeForwardedAsTheyAre) {
  const auto notice = notice_response({"WARNING", "01000", "mind", "", ""});
  auto login = login_with({});
  EXPECT_EQ(give(login, notice), ""s);
  EXPECT_EQ(give(login, authentication_ok()), ""s);
  EXPECT_EQ(give(login, notice), ""s);
  EXPECT_EQ(login.notices(), notice + notice);
}

TEST(ServerLogin, AcceptsAnOlderProtocolAndNoNewerOne) {
  for (const auto& [told, is_fine] : {std::pair{Negotiation{{3, 0}}, true},
                                      {Negotiation{{3, 2}}, true},
                                      {Negotiation{{3, 3}}, false},
                                      {Negotiation{{2, 0}}, false},
                                      {Negotiation{{3, 0}, {"_pq_.never_asked"}}, false}}) {
    auto login = login_with({}, {3, 2});
    EXPECT_EQ(give(login, negotiate_protocol_version(told)).has_value(), is_fine) << told.version.minor;
  }
}

TEST(ServerLogin, WhatDoesNotBelongToALoginIsCorrupt) {
  for (const auto& bytes : {parameter_status("a", "b"), backend_key_data(kKey), ready_for_query('I'), query("x"),
                            "R\0\0\0\6\0\0"s, "v\0\0\0\5x"s, "R\0\0\0\x09\0\0\0\5x"s}) {
    auto login = login_with(Secret{"x"});
    EXPECT_EQ(give(login, bytes).error().code, Code::corrupt) << bytes;
  }
  for (const auto& bytes : {authentication_ok(), ready_for_query('T'), query("x"), "K\0\0\0\4"s, "S\0\0\0\5a"s,
                            negotiate_protocol_version({{3, 0}})}) {
    auto login = login_with({});
    ASSERT_TRUE(give(login, authentication_ok()));
    EXPECT_EQ(give(login, bytes).error().code, Code::corrupt) << bytes;
  }
}

TEST(ServerLogin, ListensToNoServerForever) {
  auto login = login_with({});
  const auto notice = notice_response({"WARNING", "01000", std::string(ServerLogin::kMaxReceived / 2, 'x'), "", ""});
  EXPECT_TRUE(give(login, notice));
  EXPECT_EQ(give(login, notice).error().code, Code::corrupt);
}

RC_GTEST_PROP(ServerLogin, StandsAnyServer, ()) {
  auto login = login_with(ScramKeys{});
  for (int left = *rc::gen::inRange(1, 9); left > 0; --left) {
    const auto body = any_bytes();
    auto bytes =
        sasl_response(*rc::gen::element(body, "\0\0\0\0"s, "\0\0\0\x0aSCRAM-SHA-256\0\0"s, "\0\0\0\x0b" + body));
    bytes[0] = *rc::gen::elementOf("RRRSKZNEv"s);
    const auto result = give(login, bytes);
    if (!result) RC_ASSERT(result.error().code == Code::corrupt || result.error().code == Code::unauthorized);
  }
}

}  // namespace
}  // namespace pgbaton::wire
