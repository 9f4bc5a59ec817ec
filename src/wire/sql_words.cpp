#include "wire/sql_words.hpp"

#include <algorithm>
#include <array>

namespace pgbaton::wire {
namespace {

enum class Match { whole, beginning };

struct Word {
  std::string_view text;  // in lower case
  SqlWord word;
  Match match = Match::whole;
};

// PREPARE, LISTEN, DECLARE and the like are told by their CommandComplete; the words here are of what the server
// completes as SELECT, or would when it is prepared and executed. SELECT INTO and CREATE TABLE AS may make a temporary
// table in any words, where search_path begins with pg_temp. An UPDATE of the view pg_settings is a set_config.
// Sorted, so that words of the same beginning stand together.
constexpr auto kWords = std::to_array<Word>({
    {"create", SqlWord::changes_state},
    {"currval", SqlWord::uses_sequence},
    {"discard", SqlWord::discards},
    {"execute", SqlWord::changes_state},
    {"into", SqlWord::changes_state},
    {"lastval", SqlWord::uses_sequence},
    {"listen", SqlWord::changes_state},
    {"pg_advisory", SqlWord::changes_state, Match::beginning},
    {"pg_settings", SqlWord::changes_state},
    {"pg_temp", SqlWord::changes_state, Match::beginning},
    {"pg_try_advisory", SqlWord::changes_state, Match::beginning},
    {"set", SqlWord::sets},
    {"set_config", SqlWord::sets_config},
    {"setseed", SqlWord::seeds},
    {"temp", SqlWord::changes_state},
    {"temporary", SqlWord::changes_state},
    {"unlisten", SqlWord::changes_state},
});

constexpr char lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte; }

constexpr bool is_identifier(char byte) {
  const char letter = lower(byte);
  return (letter >= 'a' && letter <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
         (static_cast<unsigned char>(byte) & 0x80) != 0;
}

// A word can begin only where its first three letters stand behind a byte that is of no word. Each beginning has a bit;
// a byte's row holds the beginnings whose first, second and third letter it is, 16 bits each, and on top whether a word
// may begin behind it. Four rows and-ed decide about four bytes without a branch.
constexpr std::size_t kBeginning = 3;
constexpr int kLane = 16;

constexpr auto kRows = [] {
  std::array<std::uint64_t, 256> rows{};
  std::uint64_t bit = 0;
  std::string_view last;
  for (const auto& word : kWords) {
    const auto beginning = word.text.substr(0, kBeginning);
    if (beginning != last) bit = bit == 0 ? 1 : bit << 1;
    last = beginning;
    for (std::size_t byte = 0; byte < rows.size(); ++byte)
      for (std::size_t i = 0; i < kBeginning; ++i)
        if (lower(static_cast<char>(byte)) == beginning[i]) rows[byte] |= bit << (kLane * i);
  }
  for (std::size_t byte = 0; byte < rows.size(); ++byte)
    if (!is_identifier(static_cast<char>(byte))) rows[byte] |= std::uint64_t{0xffff} << (kLane * kBeginning);
  if (bit > 0x8000) throw "more beginnings than bits";
  return rows;
}();

std::uint64_t row(std::string_view sql, std::size_t at) { return kRows[static_cast<unsigned char>(sql[at])]; }

bool begins_with(std::string_view sql, std::string_view word) {
  return sql.size() >= word.size() && std::equal(word.begin(), word.end(), sql.begin(),
                                                 [](char letter, char byte) { return letter == lower(byte); });
}

bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

std::string_view skip_space(std::string_view sql) {
  while (!sql.empty() && is_space(sql[0])) sql.remove_prefix(1);
  return sql;
}

/// INSERT INTO and MERGE INTO, where nothing but space stands between.
bool is_of_insert(std::string_view before) {
  while (!before.empty() && is_space(before.back())) before.remove_suffix(1);
  const auto ends_with = [&](std::string_view word) {
    return before.size() >= word.size() && begins_with(before.substr(before.size() - word.size()), word);
  };
  return ends_with("insert") || ends_with("merge");
}

std::optional<FoundWord> word_at(std::string_view sql, std::size_t at) {
  const auto text = sql.substr(at);
  for (const auto& [word, meaning, match] : kWords) {
    if (!begins_with(text, word)) continue;
    if (match == Match::whole && text.size() > word.size() && is_identifier(text[word.size()])) continue;
    if (word == "into" && is_of_insert(sql.substr(0, at))) continue;
    return FoundWord{meaning, at + word.size()};
  }
  return std::nullopt;
}

std::string in_lower_case(std::string_view text) {
  std::string lowered{text};
  std::ranges::transform(lowered, lowered.begin(), lower);
  return lowered;
}

/// Takes an identifier, quoted or not, off the front; empty: there is none.
std::string take_identifier(std::string_view& sql) {
  sql = skip_space(sql);
  if (!sql.starts_with('"')) {
    const auto end = std::ranges::find_if_not(sql, [](char byte) { return is_identifier(byte) || byte == '$'; });
    const auto name = sql.substr(0, static_cast<std::size_t>(end - sql.begin()));
    sql.remove_prefix(name.size());
    return in_lower_case(name);
  }
  std::string name;
  for (sql.remove_prefix(1); !sql.empty(); sql.remove_prefix(1)) {
    if (sql[0] == '"') {
      sql.remove_prefix(1);
      if (!sql.starts_with('"')) return in_lower_case(name);
    }
    name += sql[0];
  }
  return {};
}

/// Takes a.b off the front; without a dot only what stands before it.
std::string take_dotted(std::string_view& sql) {
  auto name = take_identifier(sql);
  for (sql = skip_space(sql); sql.starts_with('.'); sql = skip_space(sql)) {
    sql.remove_prefix(1);
    name += '.' + take_identifier(sql);
  }
  return name;
}

}  // namespace

std::optional<FoundWord> find_word(std::string_view sql, std::size_t from) {
  if (sql.size() < from + kBeginning) return std::nullopt;
  auto before = from > 0 ? row(sql, from - 1) : row(" ", 0);
  auto first = row(sql, from), second = row(sql, from + 1);
  for (std::size_t at = from; at + 2 < sql.size(); ++at) {
    const auto third = row(sql, at + 2);
    if ((before >> (3 * kLane) & first & second >> kLane & third >> (2 * kLane) & 0xffff) != 0)
      if (auto found = word_at(sql, at)) return found;
    before = first;
    first = second;
    second = third;
  }
  return std::nullopt;
}

std::optional<std::string> name_after_set(std::string_view rest) {
  auto name = take_dotted(rest);
  if (name == "session" || name == "local") name = take_dotted(rest);
  const bool is_to = begins_with(rest, "to") && (rest.size() == 2 || !is_identifier(rest[2]));
  const bool is_assignment = rest.starts_with('=') || is_to;
  if (!is_assignment || !is_custom_name(name)) return std::nullopt;
  return name;
}

ConfigName name_after_set_config(std::string_view rest) {
  if (rest.starts_with('"')) rest.remove_prefix(1);  // of "set_config"
  rest = skip_space(rest);
  if (!rest.starts_with('(')) return {};
  rest = skip_space(rest.substr(1));
  if (rest.size() > 1 && rest[0] == '$' && rest[1] >= '0' && rest[1] <= '9') return Parameter{};
  const auto end = rest.find('\'', 1);
  if (!rest.starts_with('\'') || end == std::string_view::npos) return Computed{};
  const auto after = skip_space(rest.substr(end + 1));
  if (!after.starts_with(',') && !after.starts_with(':')) return Computed{};
  return in_lower_case(rest.substr(1, end - 1));
}

bool is_custom_name(std::string_view name) {
  const auto dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 && name.back() != '.' && name.size() < 256;
}

}  // namespace pgbaton::wire
