// Fields of the protocol read from bytes and written to them: numbers in network byte order, text that ends with a zero
// byte. For the .cpp files of this module; holds no state beyond one packet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pgbaton::wire {

/// Takes fields off the front of a packet. Once a field is not there, it and all after it are empty or 0, and is_done()
/// stays false: callers look once, at the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::size_t count);
  std::string_view text();  // without its zero byte
  std::uint32_t number(std::size_t width);
  std::string_view remaining() { return take(rest_.size()); }

  [[nodiscard]] bool is_good() const { return good_; }
  [[nodiscard]] bool is_done() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

/// `value`, read by `reader`, when the whole packet was what it should be: Code::invalid_argument otherwise.
template <typename T>
[[nodiscard]] base::Result<T> when_done(const Reader& reader, std::string_view what, T value) {
  if (!reader.is_done()) return base::fail(base::Code::invalid_argument, "invalid {} message", what);
  return value;
}

/// Appends fields to one packet; its length is known at the end.
class Writer {
 public:
  Writer() : packet_(4, '\0') {}  // of the startup phase: no type
  explicit Writer(char type) : packet_(5, '\0'), length_at_(1) { packet_[0] = type; }

  Writer& bytes(std::string_view bytes);
  Writer& number(std::size_t width, std::uint32_t value);
  /// Up to its first zero byte: the protocol cannot say more, and what follows one would be taken for the next field.
  Writer& text(std::string_view text);
  std::string finish();

 private:
  std::string packet_;
  std::size_t length_at_ = 0;
};

}  // namespace pgbaton::wire
