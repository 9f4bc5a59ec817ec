#include <algorithm>

#include "catalog/offers.hpp"

namespace pgbaton::catalog {

using base::Result;
using model::EngineId;
using model::EngineRecord;

namespace {

model::CollationVersions collation_of(const EngineId& engine, const std::vector<EngineRecord>& engines) {
  const auto record = std::ranges::find(engines, engine, &EngineRecord::id);
  return record != engines.end() && record->manifest ? record->manifest->collation : model::CollationVersions{};
}

bool leads_towards(const Offer& offer, const model::VersionRequest& to) {
  return !offer.direct && offer.engine.version.major < to.major;
}

}  // namespace

Result<std::vector<Offer>> path(const model::VersionRequest& to, const EngineId& current,
                                const std::vector<EngineRecord>& engines, const Catalog& catalog, base::WallTime now) {
  auto there = offers(current, collation_of(current, engines), engines, catalog, now);
  auto chosen = choose(to, Direct::no, there);
  const auto at_first = chosen;
  std::vector<Offer> hops;
  while (!chosen && !there.offers.empty() && leads_towards(there.offers.front(), to)) {
    hops.push_back(there.offers.front());
    const auto& reached = hops.back().engine;
    there = offers(reached, collation_of(reached, engines), engines, catalog, now);
    chosen = choose(to, Direct::no, there);
  }
  if (!chosen) return std::unexpected(at_first.error());
  hops.push_back(*chosen);
  return hops;
}

}  // namespace pgbaton::catalog
