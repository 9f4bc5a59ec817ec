// Statements' texts without the passwords in them: what pg_stat_activity and the log show to people who only look on.
#pragma once

#include <string>
#include <string_view>

namespace pgbaton::base {

/// `text` up to a literal that follows the word "password" (PASSWORD 'x', password=x, OPTIONS (… password $$x$$)), then
/// "***": where the literal ends cannot be told once PostgreSQL has cut the text off. Parameters ($1) are no literals.
[[nodiscard]] std::string without_passwords(std::string_view text);

}  // namespace pgbaton::base
