#include "cli/text_layout.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace pgbaton::cli {
namespace {

struct Piece {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

// ESC [ … letter: what terminals take colours from.
std::size_t escape_length(std::string_view text) {
  std::size_t at = 2;
  while (at < text.size() && (text[at] < '@' || text[at] > '~')) ++at;
  return std::min(at + 1, text.size());
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; }

// A byte that begins no complete sequence stands for itself.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  const auto rest = text.substr(1, length - 1);
  return rest.size() == length - 1 && std::ranges::all_of(rest, is_continuation) ? length : 1;
}

char32_t decode(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead;
  char32_t code = lead & (0xffU >> (sequence.size() + 1));
  for (const char byte : sequence.substr(1)) code = (code << 6) | (static_cast<unsigned char>(byte) & 0x3fU);
  return code;
}

struct Range {
  char32_t first;
  char32_t last;
  std::size_t columns;
};
// What differs from one column in text that people give us: combining marks, East Asian wide forms, emoji.
constexpr Range kWidths[] = {{0x0300, 0x036f, 0}, {0x200b, 0x200f, 0}, {0xfe00, 0xfe0f, 0},   {0x1100, 0x115f, 2},
                             {0x2e80, 0xa4cf, 2}, {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2},   {0xfe30, 0xfe6f, 2},
                             {0xff00, 0xff60, 2}, {0xffe0, 0xffe6, 2}, {0x1f300, 0x1faff, 2}, {0x20000, 0x3fffd, 2}};

std::size_t columns_of(char32_t code) {
  for (const auto& range : kWidths)
    if (code >= range.first && code <= range.last) return range.columns;
  return 1;
}

Piece first_piece(std::string_view text) {
  if (text.starts_with("\x1b[")) return {escape_length(text), 0};
  const auto length = sequence_length(text);
  return {length, columns_of(decode(text.substr(0, length)))};
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto piece = first_piece(text);
    columns += piece.columns;
    text.remove_prefix(piece.bytes);
  }
  return columns;
}

std::string padded(std::string_view text, std::size_t width) {
  const auto columns = display_width(text);
  return std::string{text} + std::string(columns < width ? width - columns : 0, ' ');
}

std::string shortened(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string{text};
  if (width == 0) return {};
  std::size_t columns = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    const auto piece = first_piece(text.substr(end));
    if (columns + piece.columns > width - 1) break;
    columns += piece.columns;
    end += piece.bytes;
  }
  return std::string{text.substr(0, end)} + "…";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  if (width == 0) return {std::string{text}};
  std::vector<std::string> result;
  for (const auto& word : base::split(text, ' ')) {
    if (!result.empty() && display_width(result.back()) + 1 + display_width(word) <= width)
      result.back() += " " + word;
    else
      result.push_back(word);
  }
  return result;
}

std::string paragraph(std::string_view text, std::size_t width, std::size_t indent) {
  std::string result;
  const auto available = width > indent + 20 ? width - indent : width;
  for (const auto& line : wrapped(text, available)) result += std::string(indent, ' ') + line + "\n";
  return result;
}

std::string capitalised(std::string_view text) {
  std::string result{text};
  if (!result.empty() && result[0] >= 'a' && result[0] <= 'z') result[0] = static_cast<char>(result[0] - 'a' + 'A');
  return result;
}

}  // namespace pgbaton::cli
