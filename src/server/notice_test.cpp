#include "server/notice.hpp"

#include <gtest/gtest.h>

#include "wire/digest.hpp"

namespace pgbaton::server {
namespace {

using base::Json;
using model::Detail;
using model::Event;
using model::Operation;
using model::Receiver;

const Operation kUpgrade{.id = "mwz1", .database = "shop", .kind = "minor-single", .from = "17.11", .to = "17.12"};
const Event kBegun{
    .time = "2026-11-27T22:00:00.000Z", .operation = "mwz1", .kind = "state", .message = "Minor-upgrade"};
const Event kStep{.operation = "mwz1", .step = "hold", .kind = "step", .message = "Clients are held."};

TEST(Notice, IsOfTheDatabaseAndTheDetailThatWereAskedFor) {
  EXPECT_TRUE(concerns({}, kBegun, kUpgrade));
  EXPECT_TRUE(concerns({.database = "shop"}, kBegun, kUpgrade));
  EXPECT_FALSE(concerns({.database = "other"}, kBegun, kUpgrade));
  EXPECT_FALSE(concerns({}, kStep, kUpgrade));
  EXPECT_TRUE(concerns({.detail = Detail::steps}, kStep, kUpgrade));
}

TEST(Notice, NamesWhatHappened) {
  EXPECT_EQ(notice_of(kBegun, kUpgrade).at("event"), "operation.begun");
  EXPECT_EQ(notice_of(kStep, kUpgrade).at("event"), "operation.step");
  auto ended = kBegun;
  ended.message = "user-error";
  EXPECT_EQ(notice_of(ended, kUpgrade).at("event"), "operation.user-error");
  ended.message = "Cancelled by a user.";
  EXPECT_EQ(notice_of(ended, kUpgrade).at("event"), "operation.cancelling");
}

// RFC 4231, test case 2.
TEST(Notice, SignaturesAreHmacSha256) {
  EXPECT_EQ(wire::to_hex(wire::hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const auto headers = signed_headers(base::Secret{"key"}, "id", 7, "{}");
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[2], "X-Pgbaton-Signature: sha256=" + wire::to_hex(wire::hmac_sha256("key", "7.{}")));
}

TEST(Notice, AMailHasOneSubjectAndNoHeaderOfAnybodyElse) {
  auto event = kBegun;
  event.message = "Upgrade\r\nBcc: everybody@example.org";
  const auto mail =
      mail_of(notice_of(event, kUpgrade), {.url = "mailto:ops@example.org", .from = "pgbaton@example.org"}, "id",
              *base::parse_rfc3339("2026-11-27T22:00:00Z"));
  const auto headers = mail.substr(0, mail.find("\r\n\r\n"));
  EXPECT_NE(headers.find("Subject: [pgbaton] shop: minor-single: begun"), std::string::npos) << mail;
  EXPECT_NE(headers.find("Date: Fri, 27 Nov 2026 22:00:00 +0000"), std::string::npos) << mail;
  EXPECT_EQ(headers.find("Bcc"), std::string::npos) << mail;
}

TEST(Notice, IsTriedAgainMoreAndMoreSeldom) {
  EXPECT_EQ(wait_after(1), base::Millis{1'000});
  EXPECT_EQ(wait_after(2), base::Millis{2'000});
  EXPECT_EQ(wait_after(9), base::Millis{256'000});
  EXPECT_EQ(wait_after(10), std::chrono::minutes{5});
  EXPECT_EQ(wait_after(1'000), std::chrono::minutes{5});
}

}  // namespace
}  // namespace pgbaton::server
