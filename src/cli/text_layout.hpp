// Text for people in columns: how wide it is on a terminal, padding, wrapping. Pure; knows UTF-8, not terminals.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgbaton::cli {

/// Columns that a terminal needs for UTF-8 text: combining marks and escape sequences take none.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// Filled with blanks up to `width` columns; longer text stays as it is.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
/// Cut to `width` columns, never inside a character; what was cut ends in "…".
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);
/// Lines of at most `width` columns, broken at blanks; a word that is longer gets a line of its own. 0: one line.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);
/// wrapped(), every line behind `indent` blanks and with a newline.
[[nodiscard]] std::string paragraph(std::string_view text, std::size_t width, std::size_t indent);
/// `first` in capitals when it is a plain letter.
[[nodiscard]] std::string capitalised(std::string_view text);

}  // namespace pgbaton::cli
