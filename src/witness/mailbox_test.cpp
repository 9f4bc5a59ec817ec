#include "witness/mailbox.hpp"

#include <gmock/gmock.h>

namespace pgbaton::witness {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Letter kFirst{.session = 5, .sender = 2, .number = 1};
const Letter kSecond{.session = 5, .sender = 2, .number = 2};

class OpenMailbox : public testing::Test {
 protected:
  OpenMailbox() { box_.open(5); }
  Mailbox box_;
};

TEST_F(OpenMailbox, WhatArrivesOnceIsWellWhetherItArrivesBeforeOrAfterTheAcknowledgement) {
  box_.arrived(kFirst);
  box_.expect(kFirst);
  box_.expect(kSecond);
  EXPECT_THAT(box_.missing(), ElementsAre(kSecond));
  box_.arrived(kSecond);
  EXPECT_THAT(box_.missing(), IsEmpty());
  EXPECT_THAT(box_.repeated(), IsEmpty());
}

TEST_F(OpenMailbox, WhatArrivesTwiceIsNamed) {
  box_.expect(kFirst);
  box_.arrived(kFirst);
  box_.arrived(kFirst);
  EXPECT_THAT(box_.repeated(), ElementsAre(kFirst));
}

TEST_F(OpenMailbox, WhatWasSentToABrokenSessionIsNotExpected) {
  box_.expect(kFirst);
  box_.open(0);
  box_.expect(kSecond);
  EXPECT_THAT(box_.missing(), IsEmpty());
  box_.open(6);
  box_.expect(kSecond);
  box_.arrived(kFirst);
  box_.arrived(kFirst);
  EXPECT_THAT(box_.missing(), IsEmpty());
  EXPECT_THAT(box_.repeated(), IsEmpty());
}

TEST(Payload, IsReadAsItWasWritten) {
  EXPECT_EQ(to_payload(kFirst), "5.2.1");
  EXPECT_EQ(parse_payload("5.2.1"), kFirst);
  for (const auto* foreign : {"", "5", "5.2", "5.2.1.0", "a.b.c", "5.2.1x"})
    EXPECT_EQ(parse_payload(foreign).session, 0) << foreign;
}

}  // namespace
}  // namespace pgbaton::witness
