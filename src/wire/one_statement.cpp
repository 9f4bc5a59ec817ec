#include "wire/one_statement.hpp"

#include <algorithm>
#include <cstdint>

namespace pgbaton::wire {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";

bool is_letter(char byte) {
  const char letter = static_cast<char>(byte | 0x20);
  return (letter >= 'a' && letter <= 'z') || byte == '_' || (static_cast<unsigned char>(byte) & 0x80) != 0;
}
bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

enum class Token : std::uint8_t { end, word, semicolon, other, unclear };

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : rest_(sql) {}

  Token next() {
    if (!skip_space_and_comments()) return Token::unclear;
    if (rest_.empty()) return Token::end;
    const char first = rest_[0];
    if (is_letter(first)) return take_word();
    if (first == '\'') return take_string(false);
    if (first == '"') return take_until('"');
    if (first == '$') return take_dollar();
    rest_.remove_prefix(1);
    return first == ';' ? Token::semicolon : Token::other;
  }
  [[nodiscard]] std::string_view word() const { return word_; }

 private:
  bool skip_space_and_comments() {
    for (;;) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
      if (rest_.starts_with("--"))
        rest_.remove_prefix(std::min(rest_.find_first_of("\r\n"), rest_.size()));
      else if (!rest_.starts_with("/*"))
        return true;
      else if (!skip_comment())
        return false;
    }
  }

  bool skip_comment() {  // they nest
    int depth = 0;
    do {
      if (rest_.size() < 2) return false;
      const bool opens = rest_.starts_with("/*"), closes = rest_.starts_with("*/");
      depth += opens ? 1 : 0;
      depth -= closes ? 1 : 0;
      rest_.remove_prefix(opens || closes ? 2 : 1);
    } while (depth > 0);
    return true;
  }

  Token take_word() {
    const auto* const end =
        std::ranges::find_if_not(rest_, [](char byte) { return is_letter(byte) || is_digit(byte) || byte == '$'; });
    word_ = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(word_.size());
    if ((word_ == "E" || word_ == "e") && rest_.starts_with('\'')) return take_string(true);
    return Token::word;
  }

  /// A doubled quote ends one string and begins the next. Whether a backslash escapes is known only of E'...'.
  Token take_string(bool escapes) {
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '\\' && !escapes && rest_.substr(at + 1).starts_with('\'')) return Token::unclear;
      if (rest_[at] == '\\' && escapes) {
        ++at;
      } else if (rest_[at] == '\'') {
        if (escapes && rest_.substr(at + 1).starts_with('\'')) {
          ++at;
          continue;
        }
        rest_.remove_prefix(at + 1);
        return Token::other;
      }
    }
    return Token::unclear;
  }

  Token take_until(char quote) {
    const auto end = rest_.find(quote, 1);
    if (end == std::string_view::npos) return Token::unclear;
    rest_.remove_prefix(end + 1);
    return Token::other;
  }

  Token take_dollar() {  // $tag$...$tag$, or a parameter
    const auto end = rest_.find('$', 1);
    const auto tag = end == std::string_view::npos ? std::string_view{} : rest_.substr(1, end - 1);
    const bool is_tag = end != std::string_view::npos && (tag.empty() || !is_digit(tag[0])) &&
                        std::ranges::all_of(tag, [](char byte) { return is_letter(byte) || is_digit(byte); });
    if (!is_tag) {
      rest_.remove_prefix(1);
      return Token::other;
    }
    const auto close = rest_.find(rest_.substr(0, end + 1), end + 1);
    if (close == std::string_view::npos) return Token::unclear;
    rest_.remove_prefix(close + end + 1);
    return Token::other;
  }

  std::string_view rest_, word_;
};

bool is_prepare(std::string_view word) {
  return std::ranges::equal(word, std::string_view{"prepare"},
                            [](char byte, char letter) { return (byte | 0x20) == letter; });
}

}  // namespace

bool is_one_prepare(std::string_view sql) {
  Lexer lexer{sql};
  if (lexer.next() != Token::word || !is_prepare(lexer.word())) return false;
  auto token = Token::other;
  while (token == Token::other || token == Token::word) token = lexer.next();
  return token == Token::end || (token == Token::semicolon && lexer.next() == Token::end);
}

}  // namespace pgbaton::wire
