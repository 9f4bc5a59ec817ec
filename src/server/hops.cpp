// `upgrade --to MAJOR` where more than one upgrade leads there: one operation, each hop with its own outage.
#include "operation/hops.hpp"

#include "api/major.hpp"
#include "runbooks/hops.hpp"
#include "server/databases.hpp"
#include "server/expectation.hpp"
#include "server/majors.hpp"
#include "system/clock.hpp"

namespace pgbaton::server {

using base::Json;
using base::Millis;
using base::Result;
using catalog::Offer;
using catalog::OfferKind;
using model::Database;

namespace {

Millis paced(Millis usual, std::span<const model::Operation> past) {
  return Millis{std::llround(static_cast<double>(usual.count()) * pace_of_host(past))};
}

void add(operation::Estimate& sum, const operation::Estimate& one) {
  sum.total_low += one.total_low;
  sum.total_high += one.total_high;
  sum.outage_low += one.outage_low;
  sum.outage_high += one.outage_high;
  sum.learnt = sum.learnt || one.learnt;
}

// A hop's part of the plan.
Json hop_view(const Offer& offer, const std::string& from, const runbooks::Runbook& runbook) {
  return {{"kind", runbook.kind}, {"title", runbook.title},
          {"from", from},         {"to", model::to_string(offer.engine.version)},
          {"text", offer.text},   {"notes", offer.notes}};
}

}  // namespace

runbooks::MajorWish wish_of(const Databases::UpgradeRequest& asked) {
  return {.hold = asked.hold, .transfer = asked.transfer, .digest = asked.digest, .budget_ms = asked.budget_ms};
}

Json preflight_view(const preflight::Report& report) {
  Json json(report);
  json["verdict"] = report.worst ? std::string{to_string(*report.worst)} : "clean";
  return json;
}

// An exact version is one engine and one step to it; a major is where to arrive.
Result<std::vector<Offer>> Databases::path_to(const Database& database, const UpgradeRequest& asked) {
  if (!asked.to || asked.to->minor || asked.direct == catalog::Direct::yes) return std::vector<Offer>{};
  return catalog::path(*asked.to, database.engine, TRY(shop_.records.engines()), shop_.catalog, system::now());
}

Result<Json> Databases::plan_of_hops(const Database& database, const std::vector<Offer>& hops,
                                     const UpgradeRequest& asked) {
  const auto major = TRY(runbooks::major_request(shop_.agents, database, hops.back().engine, wish_of(asked)));
  const auto target = TRY(base::convert<api::MajorTarget>(major.at("major")));
  const auto usual = usual_conversion(TRY(measure(shop_.agents.of(database), target.instance)), target.transfer);
  auto from = model::to_string(database.engine.version);
  model::Operation draft;
  operation::Estimate sum;
  Json shown = Json::array();
  for (const auto& offer : hops) {
    const auto& runbook = runbooks::runbook_for(database, offer.kind);
    const auto past = TRY(operations_.history(runbook.kind));
    const auto rows = runbooks::rows_of(runbook);
    auto steps = operation::plan_steps(rows, past);
    for (auto& step : steps)
      if (step.name == "convert") step.estimate_ms = paced(usual, past).count();
    const auto one =
        offer.kind == OfferKind::major ? major_estimate(rows, past, usual) : operation::estimate(rows, past);
    add(sum, one);
    auto hop = hop_view(offer, from, runbook);
    hop["steps"] = steps;
    hop["estimate"] = one;
    shown.push_back(std::move(hop));
    operation::add_hop(draft, {}, std::move(steps));
    from = model::to_string(offer.engine.version);
  }
  const auto first = TRY(check(database, hops.front().engine, runbooks::Rehearse::no));
  const auto text = fmt::format(
      "{} upgrades in one operation, each with its own outage. Should one fail, {} stays on the version reached before "
      "it. Each is checked, and the restore of the schema rehearsed, when its turn comes; "
      "what is kept to go back to is the last one's old version.",
      hops.size(), database.name);
  return Json{{"database", database.name},
              {"kind", runbooks::kHops.kind},
              {"title", runbooks::kHops.title},
              {"from", model::to_string(database.engine.version)},
              {"to", from},
              {"text", text},
              {"notes", Json::array()},
              {"hops", shown},
              {"steps", draft.steps},
              {"estimate", sum},
              {"preflight", preflight_view(first)},
              {"transfer", target.transfer},
              {"way_back", sentence_about(target.transfer, database.nodes.size() > 1)}};
}

Result<model::Operation> Databases::upgrade_by_hops(Document<Database> document, const std::vector<Offer>& hops,
                                                    const UpgradeRequest& asked) {
  const auto& database = document.value;
  // What this host cannot do is refused before the first hop.
  const auto major = TRY(runbooks::major_request(shop_.agents, database, hops.back().engine, wish_of(asked)));
  const auto target = TRY(base::convert<api::MajorTarget>(major.at("major")));
  const auto usual = usual_conversion(TRY(measure(shop_.agents.of(database), target.instance)), target.transfer);
  Operations::Wanted wanted{.runbook = runbooks::kHops, .from = model::to_string(database.engine.version)};
  wanted.to = wanted.from;
  for (const auto& offer : hops) {
    const auto& runbook = runbooks::runbook_for(database, offer.kind);
    const auto convert = operation::step_name(wanted.hops.size(), "convert");
    wanted.expected[convert] = paced(usual, TRY(operations_.history(runbook.kind)));
    const auto to = model::to_string(offer.engine.version);
    model::Hop hop{.kind = std::string{runbook.kind}, .from = wanted.to, .to = to};
    hop.request = runbooks::HopWish{offer.engine, wish_of(asked)};
    wanted.hops.push_back(std::move(hop));
    wanted.to = to;
  }
  return operations_.begin(std::move(document), wanted);
}

}  // namespace pgbaton::server
