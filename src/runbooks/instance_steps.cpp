#include "runbooks/instance_steps.hpp"

#include "runbooks/cluster.hpp"

namespace pgbaton::runbooks {

using base::Json;
using base::Result;

Result<api::StartAnswer> start_with(Context& context, const model::EngineId& engine) {
  TRY(ensure_engine(context, model::primary_of(*context.database), engine));
  const auto answer = TRY(base::convert<api::StartAnswer>(
      TRY(context.job(api::JobKind::start_instance, Json(api::StartInstance{context.instance(), engine})))));
  record_engine(context, engine);
  return answer;
}

void record_engine(Context& context, const model::EngineId& engine) {
  context.database->engine = engine;
  for (auto& node : context.database->nodes)
    if (node.role == model::Role::primary) node.engine = engine;
}

Result<api::ProbeAnswer> probe_as_owner(const Context& context, api::Through through) {
  const auto& database = *context.database;
  const auto& agent = through == api::Through::gateway ? context.agents.local() : context.agent;
  return agent.probe(context.instance(), {database.name, database.owner, database.password, through, database.port});
}

// An owner who has changed the password is let in nowhere by us, but was answered. In maintenance nobody is let in:
// then the server answers past the gateway.
Result<> reach_as_clients(const Context& context) {
  const auto probe = probe_as_owner(context, api::Through::gateway);
  if (probe || probe.error().message.contains("28P01")) return {};
  const auto& database = *context.database;
  const auto status = context.gateway.status(database.name);
  if (!status || !status->maintenance) return std::unexpected(probe.error());
  const auto& primary = model::primary_of(database);
  TRY(context.agents.of(primary).probe(
      primary.name, {database.name, database.owner, database.password, api::Through::socket, database.port}));
  return {};
}

Result<api::InstanceStatus> instance_status(const Context& context) {
  return context.agent.instance(context.instance());
}

}  // namespace pgbaton::runbooks
