// Why an engine is not offered: a table of rules, the first that holds gives the reason. Used by offers and by create.
#pragma once

#include <optional>

#include "catalog/offers.hpp"

namespace pgbaton::catalog {

/// What the rules look at. Refers to values of the caller; lives for one call.
struct Refused {
  const model::EngineRecord& engine;
  const model::EngineId& current;
  const model::EngineRecord* newest;  // available engine of the same major, null: none
  const Offer* first;                 // the offer that is not direct, null: none
  const Releases& releases;
};
[[nodiscard]] Refusal refuse(const Refused& refused);

/// Why databases may not run on this engine, whatever they run on now; nothing when they may.
[[nodiscard]] std::optional<Refusal> refuse_by_life(const model::EngineRecord& engine);

/// Installed and released.
[[nodiscard]] bool is_available(const model::EngineRecord& engine);
/// The newest available engine of the major; null: none.
[[nodiscard]] const model::EngineRecord* newest_available(const std::vector<model::EngineRecord>& engines, int major);

}  // namespace pgbaton::catalog
