#include <algorithm>

#include "catalog/build_order.hpp"
#include "catalog/offers.hpp"
#include "catalog/refusal.hpp"

namespace pgbaton::catalog {

using base::Code;
using base::Result;
using model::to_string;
using model::VersionRequest;

namespace {

constexpr std::string_view kSync = "`pgbaton engines sync` looks for newer ones, `pgbaton engines list` shows all.";

Result<Offer> choose_next(const Offers& offers) {
  if (!offers.offers.empty()) return offers.offers.front();
  return base::fail({Code::refused,
                     fmt::format("PostgreSQL {} is the newest that is available: there is nothing to upgrade to",
                                 to_string(offers.current)),
                     std::string{kSync}});
}

Result<Offer> take(const Offer& offer, Direct direct, const Offers& offers) {
  if (!offer.direct || direct == Direct::yes) return offer;
  return base::fail({Code::refused,
                     fmt::format("PostgreSQL {} is not the next major after {}", to_string(offer.engine.version),
                                 offers.current.version.major),
                     fmt::format("Upgrade to {} first, say --to {} to go there by every major in one operation, or add "
                                 "--direct to go in one step.",
                                 to_string(offers.offers.front().engine.version), offer.engine.version.major)});
}

// The newest engine of the version that was asked for says it best: an older build of it is refused for being older.
const Refusal* newest_refusal(const VersionRequest& request, const Offers& offers) {
  const Refusal* newest = nullptr;
  for (const auto& refusal : offers.refused)
    if (request.matches(refusal.engine.version) && (!newest || is_newer(refusal.engine, newest->engine)))
      newest = &refusal;
  return newest;
}

std::unexpected<base::Error> not_known(const VersionRequest& request, const model::EngineId& current) {
  const auto version = current.version;
  if (request.matches(version))
    return base::fail(
        {Code::refused, fmt::format("PostgreSQL {}: this is what runs", to_string(current)), std::string{kSync}});
  const bool older = request.major < version.major ||
                     (request.major == version.major && request.minor && *request.minor < version.minor);
  if (older)
    return base::fail(Code::refused, "PostgreSQL {}: this would be a downgrade, {} runs", to_string(request),
                      to_string(current));
  return base::fail(
      {Code::not_found, fmt::format("no source here has PostgreSQL {}", to_string(request)), std::string{kSync}});
}

}  // namespace

Result<Offer> choose(const std::optional<VersionRequest>& request, Direct direct, const Offers& offers) {
  if (!request) return choose_next(offers);
  const auto offer =
      std::ranges::find_if(offers.offers, [&](const auto& it) { return request->matches(it.engine.version); });
  if (offer != offers.offers.end()) return take(*offer, direct, offers);
  const auto* refusal = newest_refusal(*request, offers);
  if (refusal == nullptr) return not_known(*request, offers.current);
  return base::fail({Code::refused,
                     fmt::format("PostgreSQL {}: {}", to_string(refusal->engine.version), refusal->reason),
                     refusal->remedy});
}

Result<model::EngineId> pick_for_create(const std::optional<VersionRequest>& request,
                                        const std::vector<model::EngineRecord>& engines) {
  const auto wanted = [&](const auto& it) { return !request || request->matches(it.id.version); };
  const model::EngineRecord* best = nullptr;
  const model::EngineRecord* newest = nullptr;  // that there is, available or not: its reason is told
  const auto prefer = [&](const model::EngineRecord& it, const model::EngineRecord* than) {
    if (than == nullptr) return true;
    const bool is_default = it.state == model::EngineState::default_;
    const bool than_default = than->state == model::EngineState::default_;
    return !request && is_default != than_default ? is_default : is_newer(it.id, than->id);
  };
  for (const auto& engine : engines) {
    if (!wanted(engine)) continue;
    if (is_available(engine) && prefer(engine, best)) best = &engine;
    if (newest == nullptr || is_newer(engine.id, newest->id)) newest = &engine;
  }
  if (best != nullptr) return best->id;
  if (newest == nullptr)
    return base::fail({Code::not_found,
                       request ? fmt::format("no source here has PostgreSQL {}", to_string(*request))
                               : std::string{"no engine is known here"},
                       std::string{kSync}});
  auto refusal = *refuse_by_life(*newest);
  return base::fail({Code::refused, fmt::format("PostgreSQL {}", refusal.reason), std::move(refusal.remedy)});
}

}  // namespace pgbaton::catalog
