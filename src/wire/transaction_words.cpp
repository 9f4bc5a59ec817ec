#include "wire/transaction_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>

namespace pgbaton::wire {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> kCommits{"commit", "end", "prepare"};
constexpr std::array<std::string_view, 2> kBegins{"begin", "start"};
constexpr std::array<std::string_view, 2> kRollsBack{"rollback", "abort"};
constexpr std::array<std::string_view, 2> kNoise{"work", "transaction"};

bool is_space(char byte) { return std::isspace(static_cast<unsigned char>(byte)) != 0; }
bool is_letter(char byte) { return std::isalpha(static_cast<unsigned char>(byte)) != 0 || byte == '_'; }

/// Drops white space and comments in front. A comment in a comment ends with its first end: the words behind it count.
std::string_view skip_blank(std::string_view sql) {
  for (;;) {
    if (!sql.empty() && is_space(sql.front()))
      sql.remove_prefix(1);
    else if (sql.starts_with("--"))
      sql.remove_prefix(std::min(sql.find('\n'), sql.size()));
    else if (sql.starts_with("/*"))
      sql.remove_prefix(std::min(std::min(sql.find("*/"), sql.size() - 2) + 2, sql.size()));
    else
      return sql;
  }
}

std::string take_word(std::string_view& sql) {
  std::string word;
  sql = skip_blank(sql);
  for (; !sql.empty() && is_letter(sql.front()); sql.remove_prefix(1))
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(sql.front())));
  return word;
}

bool is_among(const std::string& word, Words words) { return std::ranges::find(words, word) != words.end(); }

/// The end of the only statement.
bool is_end(std::string_view sql) {
  sql = skip_blank(sql);
  while (!sql.empty() && (sql.front() == ';' || sql.front() == '\0')) sql = skip_blank(sql.substr(1));
  return sql.empty();
}

}  // namespace

bool may_commit(std::string_view sql) {
  // A semicolon in a string begins a statement here that is none: it may commit, for all that we know.
  for (;;) {
    auto statement = sql;
    if (is_among(take_word(statement), kCommits)) return true;
    const auto next = sql.find(';');
    if (next == std::string_view::npos) return false;
    sql.remove_prefix(next + 1);
  }
}

bool only_begins(std::string_view sql) {
  return is_among(take_word(sql), kBegins) && is_end(sql.substr(std::min(sql.find(';'), sql.size())));
}

bool only_rolls_back(std::string_view sql) {
  if (!is_among(take_word(sql), kRollsBack)) return false;
  auto rest = sql;
  if (is_among(take_word(rest), kNoise)) sql = rest;
  return is_end(sql);
}

}  // namespace pgbaton::wire
