#include "base/redact.hpp"

#include <algorithm>
#include <cctype>

namespace pgbaton::base {
namespace {

constexpr std::string_view kWord = "password";

bool is_same_letter(char left, char right) {
  return std::tolower(static_cast<unsigned char>(left)) == std::tolower(static_cast<unsigned char>(right));
}

bool is_parameter(std::string_view text) {
  return text.size() > 1 && text[0] == '$' && std::isdigit(static_cast<unsigned char>(text[1])) != 0;
}

// E'…' and U&'…' are literals too.
bool begins_literal(std::string_view text) {
  if (text.empty() || is_parameter(text)) return false;
  if (is_same_letter(text[0], 'e'))
    text.remove_prefix(1);
  else if (text.size() > 1 && is_same_letter(text[0], 'u') && text[1] == '&')
    text.remove_prefix(2);
  return !text.empty() && (text[0] == '\'' || text[0] == '$');
}

// `rest`: what follows the word. "password=x" of a connection string has no quotes of its own.
bool holds_secret(std::string_view rest) {
  const bool is_option = rest.starts_with('=') && rest.size() > 1 && rest[1] != ' ' && !is_parameter(rest.substr(1));
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n=\""), rest.size()));
  return is_option || begins_literal(rest);
}

}  // namespace

std::string without_passwords(std::string_view text) {
  for (auto at = text.begin();;) {
    at = std::search(at, text.end(), kWord.begin(), kWord.end(), is_same_letter);
    if (at == text.end()) return std::string{text};
    at += static_cast<std::ptrdiff_t>(kWord.size());
    const auto end = static_cast<std::size_t>(at - text.begin());
    if (holds_secret(text.substr(end))) return std::string{text.substr(0, end)} + " ***";
  }
}

}  // namespace pgbaton::base
