#include "wire/request.hpp"

#include "wire/frame.hpp"

namespace pgbaton::wire {

std::optional<std::size_t> whole_request(std::string_view bytes) {
  constexpr std::string_view kBeforeSync = "PBDECH";
  for (std::size_t end = 0;;) {
    const auto frame = peek(bytes.substr(end));
    if (!frame || !frame->is_sane() || frame->size() > bytes.size() - end) return std::nullopt;
    const bool is_alone = frame->type == 'Q' || frame->type == 'F';
    if (is_alone && end > 0) return std::nullopt;
    end += frame->size();
    if (is_alone || frame->type == 'S') return end;
    if (!kBeforeSync.contains(frame->type)) return std::nullopt;
  }
}

}  // namespace pgbaton::wire
