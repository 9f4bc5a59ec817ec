#include "catalog/offers.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "catalog/build_order.hpp"
#include "catalog/notes.hpp"
#include "catalog/refusal.hpp"

namespace pgbaton::catalog {

using model::EngineId;
using model::EngineRecord;
using model::to_string;

namespace {

struct Scene {
  const EngineId& current;
  const model::CollationVersions& collation;
  const std::vector<EngineRecord>& engines;
  const Catalog& catalog;
  Day today;
};

std::string text_of_minor(const Scene& scene, const EngineRecord& to) {
  if (to.id.version != scene.current.version)
    return fmt::format("PostgreSQL {} is the latest available minor of {}.", to_string(to.id.version),
                       to.id.version.major);
  const auto changes = collation_changes(scene.collation, to.manifest->collation);
  return fmt::format("Build {} replaces {} of the same PostgreSQL {}{}.", to.id.build, scene.current.build,
                     to_string(to.id.version),
                     changes.empty() ? "" : "; the order of strings may change: " + base::join(changes, ", "));
}

std::string text_of_major(const Scene& scene, const EngineRecord& to, bool direct) {
  if (direct)
    return fmt::format("PostgreSQL {} in one step from {}, leaving out what lies between.", to_string(to.id.version),
                       scene.current.version.major);
  return fmt::format("PostgreSQL {} is the next major available; it can break backward compatibility: read its notes.",
                     to_string(to.id.version));
}

Offer offer_of(const Scene& scene, const EngineRecord& to, OfferKind kind, bool direct) {
  return {.engine = to.id,
          .kind = kind,
          .direct = direct,
          .text = kind == OfferKind::minor ? text_of_minor(scene, to) : text_of_major(scene, to, direct),
          .notes = notes_for({scene.current, scene.collation, to}, scene.catalog, scene.today)};
}

std::set<int> higher_majors(const Scene& scene) {
  std::set<int> majors;
  for (const auto& engine : scene.engines)
    if (engine.id.version.major > scene.current.version.major) majors.insert(engine.id.version.major);
  return majors;
}

std::vector<Offer> offers_of(const Scene& scene) {
  const auto* latest = newest_available(scene.engines, scene.current.version.major);
  if (latest != nullptr && is_newer(latest->id, scene.current))
    return {offer_of(scene, *latest, OfferKind::minor, false)};
  std::vector<Offer> found;
  for (const int major : higher_majors(scene))
    if (const auto* to = newest_available(scene.engines, major))
      found.push_back(offer_of(scene, *to, OfferKind::major, !found.empty()));
  return found;
}

std::vector<Refusal> refusals_of(const Scene& scene, const std::vector<Offer>& found) {
  std::vector<Refusal> refused;
  for (const auto& engine : scene.engines)
    if (std::ranges::find(found, engine.id, &Offer::engine) == found.end())
      refused.push_back(refuse({engine, scene.current, newest_available(scene.engines, engine.id.version.major),
                                found.empty() ? nullptr : &found.front(), scene.catalog.releases}));
  std::ranges::sort(refused, [](const auto& a, const auto& b) { return is_newer(b.engine, a.engine); });
  return refused;
}

}  // namespace

Offers offers(const EngineId& current, const model::CollationVersions& current_collation,
              const std::vector<EngineRecord>& engines, const Catalog& catalog, base::WallTime now) {
  const Scene scene{current, current_collation, engines, catalog, std::chrono::floor<std::chrono::days>(now)};
  auto found = offers_of(scene);
  auto refused = refusals_of(scene, found);
  return {current, std::move(found), std::move(refused)};
}

}  // namespace pgbaton::catalog
