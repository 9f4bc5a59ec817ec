// What there is to know about an offer before taking it.
#pragma once

#include "catalog/offers.hpp"

namespace pgbaton::catalog {

struct Upgrade {
  const model::EngineId& from;
  const model::CollationVersions& from_collation;
  const model::EngineRecord& to;  // installed
};
[[nodiscard]] std::vector<Note> notes_for(const Upgrade& upgrade, const Catalog& catalog, Day today);

/// "libc 2.36 becomes 2.41", "ICU 72.1 becomes 76.1": empty when strings keep their order.
[[nodiscard]] std::vector<std::string> collation_changes(const model::CollationVersions& from,
                                                         const model::CollationVersions& to);

}  // namespace pgbaton::catalog
