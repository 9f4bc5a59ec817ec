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

Result<api::InstanceStatus> instance_status(const Context& context) {
  return context.agent.instance(context.instance());
}

}  // namespace pgbaton::runbooks
