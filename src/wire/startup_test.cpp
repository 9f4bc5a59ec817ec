#include "wire/startup.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/test_data.hpp"

namespace pgbaton::wire {
namespace {

using namespace std::string_literals;
using base::Code;

std::string packet(const std::string& content) {
  const auto length = content.size() + 4;
  return std::string{'\0', '\0', static_cast<char>(length >> 8), static_cast<char>(length & 0xff)} + content;
}

const std::string kVersion30 = "\0\3\0\0"s;
const std::string kAlice = "user\0alice\0"s;

template <typename T>
T parsed(const std::string& bytes) {
  const auto result = parse_startup(bytes);
  EXPECT_TRUE(result && *result && std::holds_alternative<T>((*result)->packet));
  EXPECT_EQ((*result)->size, bytes.size());
  return std::get<T>((*result)->packet);
}

StartupMessage startup_with(ProtocolVersion version, std::vector<std::pair<std::string, std::string>> more = {}) {
  more.insert(more.begin(), {"user", "alice"});
  return {version, std::move(more)};
}

TEST(StartupPacket, RequestsForEncryptionAreTheirCodeAlone) {
  parsed<SslRequest>("\0\0\0\x08\x04\xd2\x16\x2f"s);
  parsed<GssRequest>("\0\0\0\x08\x04\xd2\x16\x30"s);
  EXPECT_EQ(build_ssl_request(), "\0\0\0\x08\x04\xd2\x16\x2f"s);
}

TEST(StartupPacket, WhatIsRefusedIsRefusedInPostgresWords) {
  const struct {
    std::string bytes;
    std::string_view words;
  } cases[] = {
      {"\0\0\0\7\0\3\0"s, "invalid length of startup packet"},
      {"\0\0\x27\x15"s, "invalid length of startup packet"},  // 10005
      {"\xff\xff\xff\xff\0\3\0\0"s, "invalid length of startup packet"},
      {packet("\x04\xd2\x16\x2fx"s), "invalid length of startup packet"},
      {packet("\0\2\0\0"s + kAlice + "\0"s), "unsupported frontend protocol 2.0: server supports 3.0 to 3.2"},
      {packet("\0\4\0\0"s + kAlice + "\0"s), "unsupported frontend protocol 4.0: server supports 3.0 to 3.2"},
      {packet("\x04\xd2\x16\x31"s), "unsupported frontend protocol 1234.5681: server supports 3.0 to 3.2"},
      {packet(kVersion30), "expected terminator as last byte"},
      {packet(kVersion30 + kAlice), "expected terminator as last byte"},
      {packet(kVersion30 + "user\0alice"s), "expected terminator as last byte"},
      {packet(kVersion30 + "user\0"s), "expected terminator as last byte"},
      {packet(kVersion30 + kAlice + "\0\0"s), "expected terminator as last byte"},
      {packet(kVersion30 + kAlice + "\0x"s), "expected terminator as last byte"},
      {packet(kVersion30 + "\0"s), "no PostgreSQL user name"},
      {packet(kVersion30 + "user\0\0\0"s), "no PostgreSQL user name"},
      {packet("\x04\xd2\x16\x2e\0\0\0\1abc"s), "invalid length of cancel request packet"},
      {packet("\x04\xd2\x16\x2e\0\0"s), "invalid length of cancel request packet"},
      {packet("\x04\xd2\x16\x2e\0\0\0\1"s + std::string(257, 'k')), "invalid length of cancel request packet"},
  };
  for (const auto& [bytes, words] : cases) {
    const auto result = parse_startup(bytes);
    ASSERT_FALSE(result) << words;
    EXPECT_EQ(result.error().code, Code::invalid_argument);
    EXPECT_NE(result.error().message.find(words), std::string::npos) << result.error().message << " / " << words;
  }
}

TEST(StartupPacket, IsAwaitedByteByByte) {
  const auto whole = packet(kVersion30 + kAlice + "\0"s);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto result = parse_startup(whole.substr(0, size));
    ASSERT_TRUE(result) << size;
    EXPECT_FALSE(*result) << size;
  }
  EXPECT_EQ((*parse_startup(whole + "more"))->size, whole.size());
}

TEST(StartupPacket, MayBeAsLongAsPostgresTakesIt) {
  const auto head = kVersion30 + kAlice + "options\0"s;
  const auto filled = [&](std::size_t size) {
    return packet(head + std::string(size - head.size() - 6, 'x') + "\0\0"s);
  };
  EXPECT_EQ(parsed<StartupMessage>(filled(10'004)).user(), "alice");
  EXPECT_FALSE(parse_startup(filled(10'005)));
}

TEST(StartupMessage, TakesTheLastOfParametersThatAreNamedTwice) {
  const auto message = parsed<StartupMessage>(packet(kVersion30 + kAlice + "user\0bob\0"s + "\0"s));
  EXPECT_EQ(message.user(), "bob");
  EXPECT_EQ(message.database(), "bob");
  EXPECT_EQ(message.value("none"), "");
  EXPECT_EQ(startup_with({3, 0}, {{"database", "shop"}}).database(), "shop");
}

TEST(StartupMessage, KnowsReplicationAsPostgresReadsBooleans) {
  for (const auto* word : {"true", "on", "yes", "1", "database", "t", "YES", "On"})
    EXPECT_TRUE(startup_with({3, 0}, {{"replication", word}}).is_replication()) << word;
  for (const auto* word : {"", "false", "off", "no", "0", "o", "Database", "truest"})
    EXPECT_FALSE(startup_with({3, 0}, {{"replication", word}}).is_replication()) << word;
}

TEST(Negotiation, AgreesOnTheNewestVersionThatBothSpeakAndTellsOnlyDifferences) {
  const struct {
    ProtocolVersion asked, agreed;
    bool must_tell;
  } cases[] = {
      {{3, 0}, {3, 0}, false}, {{3, 1}, {3, 0}, true},    {{3, 2}, {3, 2}, false},
      {{3, 3}, {3, 2}, true},  {{3, 9999}, {3, 2}, true}, {{3, 65535}, {3, 2}, true},
  };
  for (const auto& [asked, agreed, must_tell] : cases) {
    const auto result = negotiate(startup_with(asked));
    EXPECT_EQ(result.version, agreed) << asked.minor;
    EXPECT_EQ(result.must_tell, must_tell) << asked.minor;
    EXPECT_TRUE(result.unknown.empty());
  }
}

TEST(Negotiation, ListsOptionsThatWeDoNotKnow) {
  const auto result = negotiate(startup_with({3, 2}, {{"_pq_.test_protocol_negotiation", ""}, {"_pq", ""}}));
  EXPECT_EQ(result.version, (ProtocolVersion{3, 2}));
  EXPECT_EQ(result.unknown, std::vector<std::string>{"_pq_.test_protocol_negotiation"});
  EXPECT_TRUE(result.must_tell);
}

TEST(StartupMessage, ReachesTheServerWithoutProtocolOptions) {
  const auto message = startup_with({3, 9999}, {{"_pq_.x", "1"}, {"a.b", ""}, {"options", "-c work_mem=1MB"}});
  const auto copy = parsed<StartupMessage>(build_startup(message, {3, 2}));
  EXPECT_EQ(copy.version, (ProtocolVersion{3, 2}));
  EXPECT_EQ(copy.parameters, startup_with({}, {{"a.b", ""}, {"options", "-c work_mem=1MB"}}).parameters);
}

TEST(StartupMessage, CannotGrowParametersOutOfAZeroByteInAValue) {
  const auto message = startup_with({3, 0}, {{"options", "x\0user\0postgres"s}});
  EXPECT_EQ(parsed<StartupMessage>(build_startup(message, {3, 0})).user(), "alice");
}

RC_GTEST_PROP(CancelRequest, RoundTripsForKeysOfEveryLength, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(4, 257);
  const CancelKey key{*rc::gen::arbitrary<std::uint32_t>(),
                      *rc::gen::container<std::string>(size, rc::gen::arbitrary<char>())};
  RC_ASSERT(parsed<CancelRequest>(build_cancel(key)).key == key);
}

RC_GTEST_PROP(StartupPacket, TakesNoMoreThanThereIsWhateverItIs, ()) {
  const auto bytes = *rc::gen::element(packet(any_bytes()), packet(kVersion30 + any_bytes()), any_bytes());
  const auto result = parse_startup(bytes);
  if (!result || !*result) return;
  RC_ASSERT((*result)->size <= bytes.size());
  if (const auto* message = std::get_if<StartupMessage>(&(*result)->packet)) {
    RC_ASSERT(!message->user().empty());
    RC_ASSERT(parse_startup(build_startup(*message, {3, 0})).has_value());
  }
}

}  // namespace
}  // namespace pgbaton::wire
