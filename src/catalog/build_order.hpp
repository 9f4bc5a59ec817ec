// Which of two builds of PostgreSQL is newer, as Debian orders the packages they come from.
#pragma once

#include <compare>
#include <string_view>

#include "model/version.hpp"

namespace pgbaton::catalog {

/// Debian's order of revisions: runs of digits count as numbers, letters before other signs, ~ before the end.
[[nodiscard]] std::weak_ordering compare_revisions(std::string_view a, std::string_view b);

/// By version, then by the package's revision; equal only when the ids are.
[[nodiscard]] std::strong_ordering compare_engines(const model::EngineId& a, const model::EngineId& b);
[[nodiscard]] inline bool is_newer(const model::EngineId& a, const model::EngineId& than) {
  return compare_engines(a, than) > 0;
}

}  // namespace pgbaton::catalog
