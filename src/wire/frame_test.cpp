#include "wire/frame.hpp"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/messages.hpp"
#include "wire/test_data.hpp"

namespace pgbaton::wire {
namespace {

using namespace std::string_literals;

constexpr auto kLetAllPass = [](const Message&) { return Pass::on; };

TEST(Frame, IsReadOnceItsHeaderIsWhole) {
  EXPECT_FALSE(peek("Q\0\0\0"s));
  const auto frame = peek("Q\0\0\1\2select"s);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->type, 'Q');
  EXPECT_EQ(frame->length, 258U);
  EXPECT_EQ(frame->size(), 259U);
}

TEST(Frame, ALengthWithoutItselfOrAbove2GiBIsInsane) {
  for (const auto& [length, is_sane] : {std::pair{"\0\0\0\3"s, false},
                                        {"\0\0\0\4"s, true},
                                        {"\x7f\xff\xff\xff"s, true},
                                        {"\x80\0\0\0"s, false},
                                        {"\xff\xff\xff\xff"s, false}}) {
    EXPECT_EQ(peek("Q" + length)->is_sane(), is_sane);
    std::size_t passed = 0;
    EXPECT_EQ(FrameWalker{}.walk("Q" + length, passed, kLetAllPass) == Walk::insane, !is_sane);
  }
}

TEST(FrameWalker, KeepsBackAnUnfinishedHeader) {
  const auto bytes = sync() + "Q\0\0"s;
  FrameWalker walker;
  std::size_t passed = 0;
  EXPECT_EQ(walker.walk(bytes, passed, kLetAllPass), Walk::through);
  EXPECT_EQ(passed, sync().size());
  EXPECT_TRUE(walker.is_between_messages());
}

TEST(FrameWalker, StopsBeforeTheMessageThatMayNotPassAndShowsItAgain) {
  const auto bytes = sync() + query("select 1");
  const auto stop_at_query = [](const Message& message) { return message.frame.type == 'Q' ? Pass::stop : Pass::on; };
  FrameWalker walker;
  std::size_t passed = 0;
  EXPECT_EQ(walker.walk(bytes, passed, stop_at_query), Walk::stopped);
  ASSERT_EQ(passed, sync().size());
  EXPECT_EQ(walker.walk(std::string_view(bytes).substr(passed), passed, kLetAllPass), Walk::through);
  EXPECT_EQ(passed, query("select 1").size());
}

TEST(FrameWalker, ShowsAMessageAgainThatWasWantedAsAWhole) {
  const auto bytes = sync() + query(std::string(200, 'x'));
  const auto only_whole = [](const Message& message) { return message.is_whole() ? Pass::on : Pass::when_whole; };
  FrameWalker walker;
  std::size_t passed = 0;
  EXPECT_EQ(walker.walk(std::string_view(bytes).substr(0, 100), passed, only_whole), Walk::through);
  ASSERT_EQ(passed, sync().size());
  EXPECT_TRUE(walker.is_between_messages());
  EXPECT_EQ(walker.walk(std::string_view(bytes).substr(passed), passed, only_whole), Walk::through);
  EXPECT_EQ(passed, query(std::string(200, 'x')).size());
}

RC_GTEST_PROP(FrameWalker, FindsTheSameMessagesHoweverTheStreamIsCut, ()) {
  const auto texts = *rc::gen::container<std::vector<std::string>>(rc::gen::arbitrary<std::string>());
  std::string stream;
  std::string types;
  for (const auto& text : texts) {
    const char type = *rc::gen::elementOf("QPBDESH"s);
    stream += type == 'Q' ? query(text) : std::string{type} + query(text).substr(1);
    types += type;
  }
  FrameWalker walker;
  std::string seen;
  std::string forwarded;
  std::string buffer;
  for (std::size_t at = 0; at < stream.size();) {
    const auto piece = *rc::gen::inRange<std::size_t>(1, 9);
    buffer += stream.substr(at, piece);
    at += piece;
    std::size_t passed = 0;
    const auto see = [&](const Message& message) {
      seen += message.frame.type;
      return Pass::on;
    };
    RC_ASSERT(walker.walk(buffer, passed, see) == Walk::through);
    forwarded += buffer.substr(0, passed);
    buffer.erase(0, passed);
  }
  RC_ASSERT(seen == types);
  RC_ASSERT(forwarded == stream);
  RC_ASSERT(walker.is_between_messages());
}

RC_GTEST_PROP(FrameWalker, NeverPassesMoreThanItWasGiven, ()) {
  const auto bytes = any_bytes();
  FrameWalker walker;
  std::size_t passed = 0;
  const auto walk = walker.walk(bytes, passed, [&](const Message& message) {
    RC_ASSERT(message.body.size() <= bytes.size() - kHeader);
    RC_ASSERT(message.body.size() + 4 <= message.frame.length);
    return Pass::on;
  });
  RC_ASSERT(passed <= bytes.size());
  RC_ASSERT(walk != Walk::through || bytes.size() - passed < kAlwaysWhole);
}

}  // namespace
}  // namespace pgbaton::wire
