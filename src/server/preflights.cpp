// Preflights: run, kept, and shown again for as long as they hold.
#include "runbooks/fingerprint.hpp"
#include "server/databases.hpp"
#include "system/clock.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Database;
using model::PreflightRecord;

namespace {

std::string sentence_about(model::Expired why, const PreflightRecord& record, const Database& database) {
  switch (why) {
    case model::Expired::engine:
      return fmt::format("{} was on {} then and is on {} now.", record.database, model::to_string(record.from),
                         model::to_string(database.engine));
    case model::Expired::age:
      return fmt::format("A preflight counts for {} hours.", model::kPreflightCounts.count());
    case model::Expired::schema:
      return "The schema was changed since.";
    case model::Expired::configuration:
      return "Settings, roles, databases or logical slots were changed since.";
  }
  std::unreachable();
}

// Why it says nothing any more; empty: it holds. The database is only asked when nothing else has made it expire.
Result<std::string> why_expired(const Shop& shop, const Database& database, const PreflightRecord& record) {
  const auto target = shop.records.engine(record.to);
  if (!target || !target->value.installed() || !model::is_released(target->value.state))
    return fmt::format("The engine {} is not available any more.", model::to_string(record.to));
  const auto at = TRY(base::parse_rfc3339(record.ended_at));
  const model::Binding then{record.from, at, record.schema, record.configuration};
  model::Binding now{database.engine, system::now(), record.schema, record.configuration};
  auto why = model::expired(then, now, model::kPreflightCounts);
  if (!why) {
    auto read = TRY(runbooks::fingerprints(shop.agents.of(database), database));
    now.schema = std::move(read.schema);
    now.configuration = std::move(read.configuration);
    why = model::expired(then, now, model::kPreflightCounts);
  }
  return why ? sentence_about(*why, record, database) : std::string{};
}

Json view_of_kept(const PreflightRecord& record, const std::string& expired) {
  auto view = record.report;
  view["verdict"] = view["worst"].is_string() ? view["worst"] : Json("clean");
  view["from"] = model::to_string(record.from.version);
  view["target"] = model::to_string(record.to.version);
  view["ended_at"] = record.ended_at;
  view["operation"] = record.operation.empty() ? Json{} : Json(record.operation);
  const auto now = system::now();
  const auto age = now - base::parse_rfc3339(record.ended_at).value_or(now);
  view["age_ms"] = std::max<std::int64_t>(0, std::chrono::duration_cast<base::Millis>(age).count());
  view["holds"] = expired.empty();
  view["expired"] = expired.empty() ? Json{} : Json(expired);
  return view;
}

std::string worse(const std::string& one, const std::string& other) {
  const auto rank = [](const std::string& verdict) {
    const auto severity = preflight::parse_Severity(verdict);
    return severity ? static_cast<int>(*severity) + 1 : 0;
  };
  return rank(other) > rank(one) ? other : one;
}

}  // namespace

Result<preflight::Report> Databases::check(const Database& database, const model::EngineId& target,
                                           runbooks::Rehearse rehearse, const std::string& only) {
  const auto engines = TRY(shop_.records.engines());
  const runbooks::Preflight subject{shop_.agents.of(database), shop_.catalog, database, engines, false, only};
  return runbooks::run_preflight(subject, target, rehearse);
}

Result<Json> Databases::preflight(const std::string& name, const UpgradeRequest& asked) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  auto hops = TRY(path_to(database, asked));
  if (hops.empty()) hops.push_back(TRY(chosen(database, asked)));
  const auto& target = hops.front().engine;
  if (!asked.check.empty()) {
    auto view = preflight_view(TRY(check(database, target, runbooks::Rehearse::yes, asked.check)));
    view["target"] = model::to_string(target.version);
    return view;
  }
  const auto engines = TRY(shop_.records.engines());
  const runbooks::Preflight subject{shop_.agents.of(database), shop_.catalog, database, engines};
  const auto recorded = TRY(runbooks::record_preflight(subject, target));
  TRY(shop_.records.store().commit({put_preflight(recorded.record)}));
  auto view = view_of_kept(recorded.record, {});
  if (hops.size() < 2) return view;
  view["hops"] = TRY(later_hops(database, hops));
  for (const auto& hop : view["hops"]) view["verdict"] = worse(view["verdict"], hop.at("verdict"));
  return view;
}

// What stands in the present database against each hop after the first. Its schema will be the same then, unless
// somebody changes it; what only the version before it shows is found out when its turn comes.
Result<Json> Databases::later_hops(Database database, const std::vector<catalog::Offer>& hops) {
  Json all = Json::array();
  const auto engines = TRY(shop_.records.engines());
  for (std::size_t at = 1; at < hops.size(); ++at) {
    database.engine = hops[at - 1].engine;
    runbooks::Preflight subject{shop_.agents.of(database), shop_.catalog, database, engines};
    subject.is_later_hop = true;
    auto view = preflight_view(TRY(runbooks::run_preflight(subject, hops[at].engine)));
    view["from"] = model::to_string(database.engine.version);
    view["target"] = model::to_string(hops[at].engine.version);
    all.push_back(std::move(view));
  }
  return all;
}

Result<Json> Databases::last_preflight(const std::string& name, const UpgradeRequest& asked) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  std::optional<PreflightRecord> last;
  for (auto& document : TRY(store::list_as<PreflightRecord>(shop_.records.store(), "preflights/" + name + "/"))) {
    auto& record = document.value;
    if (record.made_at != database.created_at) continue;
    if (asked.to && !asked.to->matches(record.to.version)) continue;
    if (!last || last->ended_at < record.ended_at) last = std::move(record);
  }
  const auto to = asked.to ? " --to " + model::to_string(*asked.to) : std::string{};
  if (!last)
    return base::fail({Code::not_found, fmt::format("no preflight{} of {} was kept", to, name),
                       fmt::format("Run one: pgbaton preflight {}{}", name, to)});
  return view_of_kept(*last, TRY(why_expired(shop_, database, *last)));
}

Json Databases::preflight_checks() const { return {{"checks", preflight::described(shop_.catalog.majors)}}; }

}  // namespace pgbaton::server
