#include "wire/bytes.hpp"

namespace pgbaton::wire {

namespace {

char byte_of(std::uint32_t value, std::size_t from_the_right) {
  return static_cast<char>(value >> (8 * from_the_right) & 0xff);
}

}  // namespace

std::string_view Reader::take(std::size_t count) {
  good_ = good_ && count <= rest_.size();
  if (!good_) return {};
  const auto taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::string_view Reader::text() {
  const auto end = rest_.find('\0');
  good_ = good_ && end != std::string_view::npos;
  const auto taken = take(end);
  take(1);
  return taken;
}

std::uint32_t Reader::number(std::size_t width) {
  std::uint32_t value = 0;
  for (const char c : take(width)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

Writer& Writer::bytes(std::string_view bytes) {
  packet_ += bytes;
  return *this;
}

Writer& Writer::number(std::size_t width, std::uint32_t value) {
  for (std::size_t left = width; left > 0; --left) packet_ += byte_of(value, left - 1);
  return *this;
}

Writer& Writer::text(std::string_view text) {
  packet_ += text.substr(0, text.find('\0'));
  packet_ += '\0';
  return *this;
}

std::string Writer::finish() {
  const auto length = static_cast<std::uint32_t>(packet_.size() - length_at_);
  for (std::size_t at = 0; at < 4; ++at) packet_[length_at_ + at] = byte_of(length, 3 - at);
  return std::move(packet_);
}

}  // namespace pgbaton::wire
