// Whatever engines there are: what must never be offered, and that no engine stays without an answer.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "catalog/build_order.hpp"
#include "catalog/refusal.hpp"
#include "catalog/test_data.hpp"

namespace pgbaton::catalog {
namespace {

using model::EngineId;
using model::EngineRecord;

EngineId any_id() {
  const int major = *rc::gen::inRange(14, 20);
  const int minor = *rc::gen::inRange(0, 6);
  return {{major, minor}, *rc::gen::elementOf(std::vector<std::string>{"1", "deb12u1", "deb13u1", "deb13u2"})};
}

EngineRecord any_engine() {
  const auto state = *rc::gen::elementOf(std::vector<model::EngineState>{
      model::EngineState::found, model::EngineState::qualified, model::EngineState::available,
      model::EngineState::default_, model::EngineState::deprecated, model::EngineState::withdrawn});
  auto record = engine("17.0-1", state, {*rc::gen::elementOf(std::vector<std::string>{"2.36", "2.41"}), "72.1"});
  record.id = any_id();
  if (*rc::gen::inRange(0, 4) == 0) record.manifest.reset();
  return record;
}

struct World {
  EngineId current;
  std::vector<EngineRecord> engines;
  Offers offers;
};

World any_world() {
  std::vector<EngineRecord> engines;
  std::set<std::string> seen;
  for (int count = *rc::gen::inRange(0, 12); count > 0; --count)
    if (auto record = any_engine(); seen.insert(model::to_string(record.id)).second)
      engines.push_back(std::move(record));
  const bool is_known = !engines.empty() && *rc::gen::arbitrary<bool>();
  const auto current = is_known ? engines.front().id : any_id();
  return {current, engines, offers(current, {"2.36", "72.1"}, engines, real_catalog(), day("2026-11-22"))};
}

RC_GTEST_PROP(AnyOffers, AreNewerInstalledReleasedAndTheNewestOfTheirMajor, ()) {
  const auto world = any_world();
  for (const auto& offer : world.offers.offers) {
    const auto record = std::ranges::find(world.engines, offer.engine, &EngineRecord::id);
    RC_ASSERT(record != world.engines.end());
    RC_ASSERT(is_available(*record));
    RC_ASSERT(is_newer(offer.engine, world.current));
    RC_ASSERT((offer.kind == OfferKind::minor) == (offer.engine.version.major == world.current.version.major));
    for (const auto& other : world.engines)
      if (other.id.version.major == offer.engine.version.major && is_available(other))
        RC_ASSERT(!is_newer(other.id, offer.engine));
  }
}

RC_GTEST_PROP(AnyOffers, HaveAtMostOneThatIsNotDirectAndItIsTheNextStep, ()) {
  const auto offers = any_world().offers.offers;
  if (offers.empty()) return;
  RC_ASSERT(!offers.front().direct);
  for (std::size_t i = 1; i < offers.size(); ++i) {
    RC_ASSERT(offers[i].direct);
    RC_ASSERT(offers[i - 1].engine.version.major < offers[i].engine.version.major);
    RC_ASSERT(offers.front().kind == OfferKind::major);
  }
}

RC_GTEST_PROP(AnyOffers, LeaveNoEngineWithoutAnAnswer, ()) {
  const auto world = any_world();
  std::multiset<std::string> answered;
  for (const auto& offer : world.offers.offers) answered.insert(model::to_string(offer.engine));
  for (const auto& refusal : world.offers.refused) {
    RC_ASSERT(!refusal.reason.empty());
    answered.insert(model::to_string(refusal.engine));
  }
  for (const auto& record : world.engines) RC_ASSERT(answered.count(model::to_string(record.id)) == 1u);
  RC_ASSERT(answered.size() == world.engines.size());
}

RC_GTEST_PROP(AnyOffers, AreReachedByTheirVersion, ()) {
  const auto world = any_world();
  for (const auto& offer : world.offers.offers) {
    const auto version = offer.engine.version;
    const auto chosen = choose(model::VersionRequest{version.major, version.minor}, Direct::yes, world.offers);
    RC_ASSERT(chosen.has_value());
    RC_ASSERT(chosen->engine == offer.engine);
    RC_ASSERT(choose(model::VersionRequest{version.major, {}}, Direct::no, world.offers).has_value() == !offer.direct);
  }
}

RC_GTEST_PROP(AnyOffers, LeadToTheNewestInTheEndAndNeverInACircle, ()) {
  auto world = any_world();
  for (std::size_t steps = 0; !world.offers.offers.empty(); ++steps) {
    RC_ASSERT(steps <= world.engines.size());
    world.current = choose(std::nullopt, Direct::no, world.offers)->engine;
    world.offers = offers(world.current, {"2.36", "72.1"}, world.engines, real_catalog(), day("2026-11-22"));
  }
  for (const auto& record : world.engines)
    if (is_available(record)) RC_ASSERT(!is_newer(record.id, world.current));
}

}  // namespace
}  // namespace pgbaton::catalog
