// Whether SQL text is one statement and no more: a lexer of strings, quoted names, dollar quotes, comments and
// semicolons, as src/backend/parser/scan.l has them.
#pragma once

#include <string_view>

namespace pgbaton::wire {

/// One statement that begins with PREPARE, perhaps with a semicolon behind it. False also where that depends on
/// standard_conforming_strings.
[[nodiscard]] bool is_one_prepare(std::string_view sql);

}  // namespace pgbaton::wire
