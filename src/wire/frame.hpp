// Messages of the PostgreSQL protocol by their header alone: a type byte and a length that counts itself.
// https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-MESSAGE-CONCEPTS
//
// Bytes are std::string_view throughout the module: what was received, not text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pgbaton::wire {

constexpr std::size_t kHeader = 5;
/// Messages up to this size pass only as a whole: ReadyForQuery, tags and most ParameterStatus are read in passing.
constexpr std::size_t kAlwaysWhole = 64;

struct Frame {
  char type = 0;
  std::uint32_t length = 0;  // of the body and of these four bytes

  [[nodiscard]] std::size_t size() const { return std::size_t{1} + length; }  // on the wire
  [[nodiscard]] bool is_sane() const { return length >= 4 && length < 1U << 31; }
};

/// The header that `bytes` begin with; absent while it is not whole.
[[nodiscard]] inline std::optional<Frame> peek(std::string_view bytes) {
  if (bytes.size() < kHeader) return std::nullopt;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  return Frame{bytes[0], byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4)};
}

/// One message that begins in a buffer.
struct Message {
  Frame frame;
  std::string_view body;  // as much of it as is there
  [[nodiscard]] bool is_whole() const { return body.size() + 4 == frame.length; }
};

/// stop: not now. when_whole: it is shown again when more of it is there.
enum class Pass { on, stop, when_whole };
enum class Walk { through, stopped, insane };

/// Finds where messages begin in a stream that passes by in pieces, and keeps nothing of it.
class FrameWalker {
 public:
  /// Calls `see(Message)` for each message that begins in `bytes`; it answers whether the message may pass on. `passed`
  /// grows to how many bytes may be forwarded: an unfinished header never is, nor an unfinished message of up to
  /// kAlwaysWhole bytes. insane: the length cannot be one.
  template <typename See>
  Walk walk(std::string_view bytes, std::size_t& passed, See&& see) {
    passed = 0;
    while (passed < bytes.size()) {
      if (to_come_ == 0) {
        const auto frame = peek(bytes.substr(passed));
        if (!frame) return Walk::through;
        if (!frame->is_sane()) return Walk::insane;
        if (frame->size() <= kAlwaysWhole && frame->size() > bytes.size() - passed) return Walk::through;
        const auto rest = bytes.substr(passed + kHeader);
        const auto pass = see(Message{*frame, rest.substr(0, frame->length - 4)});
        if (pass == Pass::stop) return Walk::stopped;
        if (pass == Pass::when_whole) return Walk::through;
        to_come_ = frame->size();
      }
      const auto step = std::min<std::size_t>(to_come_, bytes.size() - passed);
      passed += step;
      to_come_ -= step;
    }
    return Walk::through;
  }

  /// Whether the end of what passed is the end of a message.
  [[nodiscard]] bool is_between_messages() const { return to_come_ == 0; }

 private:
  friend struct Image;

  std::size_t to_come_ = 0;  // of the message that has begun
};

}  // namespace pgbaton::wire
