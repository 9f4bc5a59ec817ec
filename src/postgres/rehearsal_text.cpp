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
  for (const auto& line : base::lines(said)) {
    if (line.contains("from TOC entry")) object = object_of(line);
    const auto at = line.find(kError);
    // The command that failed is quoted too, and may hold any words.
    if (at == std::string::npos || !(line.starts_with("pg_restore: error:") || line.starts_with("psql:"))) continue;
    const auto cause = line.substr(at + kError.size());
    if (!is_expected(cause, superuser)) findings.push_back({Rehearsed::fails, database, object, cause});
  }
  return findings;
}

}  // namespace pgbaton::postgres
