#include "runbooks/restore_steps.hpp"

#include "runbooks/cluster.hpp"

namespace pgbaton::runbooks {

using base::Json;
using base::Result;

Result<RestoreRequest> restore_request(const Context& context) {
  const auto& request = context.operation.request;
  return base::convert<RestoreRequest>(request.at("restore"));
}

Result<> secure_source(Context& context) {
  const auto wanted = TRY(restore_request(context));
  if (!wanted.is_present) return {};
  const auto status = context.agents.of(wanted.primary).instance(wanted.primary.name);
  if (!status || status->state != "running") {
    context.note("The source does not run: what it had not got into the repository is not restored.");
    return {};
  }
  context.facts["secured"] =
      TRY(context.job_on(wanted.primary, api::JobKind::secure_log, Json(api::InstanceName{wanted.primary.name})));
  return {};
}

Result<> ensure_engines_of(const Context& context, const RestoreRequest& wanted, const model::EngineId& engine) {
  const auto& primary = model::primary_of(*context.database);
  TRY(ensure_engine(context, primary, engine));
  if (wanted.source.older) TRY(ensure_engine(context, primary, wanted.source.older->engine));
  return {};
}

Json restore_certificate(const Context& context, const api::ProbeAnswer& probe) {
  const auto& facts = context.operation.facts;
  const auto& request = context.operation.request;
  return {{"source", request.at("restore").at("source").at("database")},
          {"time", request.at("restore").at("source").at("time")},
          {"version", probe.version},
          {"set", facts.at("restore").at("set")},
          {"stop", facts.at("restore").at("stop")},
          {"system_identifier", facts.at("restore").at("system_identifier")},
          {"fetch_ms", facts.at("restore").at("fetch_ms")},
          {"replay_ms", facts.at("restore").at("replay_ms")}};
}

}  // namespace pgbaton::runbooks
