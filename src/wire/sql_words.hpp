// Finds the words in SQL text that tell of a session's state, wherever they stand: comments and strings count too. It
// runs over every Query and Parse: one pass, nothing allocated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pgbaton::wire {

enum class SqlWord {
  changes_state,  // of the session, in a way that its CommandComplete does not show
  uses_sequence,  // currval, lastval
  seeds,          // setseed
  sets,           // SET: its CommandComplete shows it, but not the name
  sets_config,    // set_config
  discards,       // DISCARD
};

struct FoundWord {
  SqlWord word;
  std::size_t end;  // in the text
};

/// The first such word at or after `from`.
[[nodiscard]] std::optional<FoundWord> find_word(std::string_view sql, std::size_t from);

/// The custom setting (a.b, in lower case) that a SET sets; `rest`: what follows the word. Absent: not one of those.
[[nodiscard]] std::optional<std::string> name_after_set(std::string_view rest);

struct Parameter {};  // $1: the name comes with Bind
struct Computed {};   // an expression
using ConfigName = std::variant<std::monostate, std::string, Parameter, Computed>;
/// The first argument of set_config, a literal in lower case; `rest`: what follows the word. monostate: not a call.
[[nodiscard]] ConfigName name_after_set_config(std::string_view rest);

/// Whether it is the name of a custom setting: names with dots between them.
[[nodiscard]] bool is_custom_name(std::string_view name);

}  // namespace pgbaton::wire
