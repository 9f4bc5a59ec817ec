// What PostgreSQL writes into its log, read by pure functions: conf.cpp says how lines begin.
#pragma once

#include <string_view>
#include <vector>

#include "api/log.hpp"

namespace pgbaton::postgres {

/// What each line of the log begins with. First what nobody can choose, then, of a client's session only, in
/// parentheses what it says of itself: PostgreSQL has no tab in an application_name, so that none can pretend to be the
/// end of the prefix. Further lines of a text begin with a tab.
inline constexpr std::string_view kLogLinePrefix = "%m [%p] %e %q(%u@%d %h %a)\t";

struct LogPart {
  api::LogEntry entry;
  std::size_t begin = 0;  // where it begins in the text
};

/// The entries of a text that begins with a line, oldest first. What belongs to an entry before it is left out, and so
/// is a last line without its end.
[[nodiscard]] std::vector<LogPart> parse_log(std::string_view text);

/// Whether an entry is what was asked for, apart from how many.
[[nodiscard]] bool matches(const api::LogEntry& entry, const api::LogQuestion& question);

}  // namespace pgbaton::postgres
