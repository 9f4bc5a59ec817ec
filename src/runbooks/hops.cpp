#include "runbooks/hops.hpp"

#include "operation/hops.hpp"

namespace pgbaton::runbooks {

using base::Json;
using base::Result;
using model::Operation;

const Runbook kHops{
    "hops", "Upgrade over several versions, one after the other", model::DatabaseState::upgrading, Fate::stays, {}};

const Runbook& runbook_for(const model::Database& database, catalog::OfferKind kind) {
  const bool is_cluster = database.nodes.size() > 1;
  if (kind == catalog::OfferKind::major) return is_cluster ? kMajorCluster : kMajorSingle;
  return is_cluster ? kMinorCluster : kMinorSingle;
}

const Runbook* runbook_of(const Operation& operation) {
  if (operation.hops.empty()) return find_runbook(operation.kind);
  return find_runbook(operation.hops[operation::current_hop(operation)].kind);
}

const Step& step_of(const Runbook& runbook, const Operation& operation) {
  return runbook.steps[operation.cursor - operation::first_step(operation)];
}

Result<> begin_hop(Context& context) {
  auto& operation = context.operation;
  if (operation.hops.empty() || !operation.request.empty()) return {};
  const auto& database = *context.database;
  const auto& hop = operation.hops[operation::current_hop(operation)];
  const auto wish = TRY(base::convert<HopWish>(hop.request));
  Json request{{"engine", wish.engine}, {"from_engine", database.engine}, {"hold", wish.terms.hold}};
  if (wish.engine.version.major != database.engine.version.major)
    request.update(TRY(major_request(context.agents, database, wish.engine, wish.terms)));
  operation.request = std::move(request);
  return {};
}

std::string where_it_stands(const Operation& operation) {
  const auto at = operation::current_hop(operation);
  if (at == 0) return {};
  const auto& hop = operation.hops[at];
  return fmt::format(
      " What was reached stays: {} stands at PostgreSQL {}, before hop {} of {} (to {}). "
      "`pgbaton upgrade {} --to {}` goes on from there.",
      operation.database, hop.from, at + 1, operation.hops.size(), hop.to, operation.database,
      operation.to.substr(0, operation.to.find('.')));
}

}  // namespace pgbaton::runbooks
