// What the tests of this module share.
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "wire/frame.hpp"
#include "wire/scram.hpp"
#include "wire/scram_text.hpp"

namespace pgbaton::wire {

/// The one whole message that `bytes` are; a view into them.
inline Message message_of(const std::string& bytes) {
  const auto frame = peek(bytes);
  EXPECT_TRUE(frame && frame->size() == bytes.size());
  return {frame.value_or(Frame{}), std::string_view(bytes).substr(kHeader)};
}

inline std::string_view body_of(const std::string& bytes) { return message_of(bytes).body; }

inline ScramVerifier verifier_of(const std::string& password) {
  const std::string salt = "0123456789abcdef";
  auto keys = derive_keys(base::Secret{password}, salt, 4096);
  return {4096, salt, std::move(keys.stored_key), std::move(keys.server_key)};
}

/// Arbitrary bytes, half of them with the numbers and ends that decoders look for.
inline std::string any_bytes() {
  const auto byte = rc::gen::weightedOneOf<char>(
      {{3, rc::gen::elementOf(std::string("\0\0\0\1\2\4\xff,=npcrsv", 16))}, {2, rc::gen::arbitrary<char>()}});
  return *rc::gen::container<std::string>(byte);
}

/// Text that the protocol can carry.
inline std::string any_text() { return *rc::gen::container<std::string>(rc::gen::nonZero<char>()); }

}  // namespace pgbaton::wire
