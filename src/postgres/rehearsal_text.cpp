#include <algorithm>

#include "base/text.hpp"
#include "postgres/rehearsal.hpp"

namespace pgbaton::postgres {
namespace {

// "pg_restore: from TOC entry 215; 1259 16402 VIEW busy owner" → "VIEW busy owner"
std::string object_of(std::string_view line) {
  const auto semicolon = line.find("; ");
  if (semicolon == std::string_view::npos) return {};
  auto words = base::split(line.substr(semicolon + 2), ' ');
  if (words.size() < 3) return {};
  words.erase(words.begin(), words.begin() + 2);  // the catalog's and the object's numbers
  return base::join(words, " ");
}

// "Command was: CREATE VIEW public.busy AS" → "CREATE VIEW public.busy". From 17 on pg_restore names entries of its
// list only where it is verbose. No password's hash comes along.
std::string command_in(std::string_view line) {
  constexpr std::size_t kMost = 100;
  for (const std::string_view mark : {"Command was: ", "STATEMENT:  "}) {
    const auto at = line.find(mark);
    if (at == std::string_view::npos) continue;
    auto text = line.substr(at + mark.size());
    for (const std::string_view end : {" PASSWORD ", " AS $", ";"}) text = text.substr(0, text.find(end));
    if (text.ends_with(" AS")) text.remove_suffix(3);
    return std::string{base::trim(text.substr(0, kMost))};
  }
  return {};
}

bool is_of_a_tool(std::string_view line) { return line.starts_with("pg_restore:") || line.starts_with("psql:"); }

// The scratch cluster's own superuser and databases are there already.
bool is_expected(std::string_view cause, std::string_view superuser) {
  return cause.ends_with("already exists") && cause.contains(superuser);
}

}  // namespace

std::vector<RehearsalFinding> findings_in(std::string_view said, const std::string& database,
                                          std::string_view superuser) {
  constexpr std::string_view kError = "ERROR:  ";
  std::vector<RehearsalFinding> findings;
  std::string object;
  bool unnamed = false;  // what failed last has no object yet: its command follows
  for (const auto& line : base::lines(said)) {
    if (unnamed && (line.starts_with("Command was: ") || line.starts_with("psql:"))) {
      findings.back().object = command_in(line);
      unnamed = false;
    }
    if (line.contains("from TOC entry")) object = object_of(line);
    const auto at = line.find(kError);
    // The command that failed is quoted too, and may hold any words.
    if (at == std::string::npos || !is_of_a_tool(line) || line.contains("STATEMENT:  ")) continue;
    const auto cause = line.substr(at + kError.size());
    unnamed = object.empty() && !is_expected(cause, superuser);
    if (!is_expected(cause, superuser)) findings.push_back({Rehearsed::fails, database, object, cause});
  }
  return findings;
}

}  // namespace pgbaton::postgres
