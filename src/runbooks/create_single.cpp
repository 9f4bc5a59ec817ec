// A new single-node database.
#include "runbooks/cluster.hpp"
#include "runbooks/gate.hpp"
#include "runbooks/instance_steps.hpp"
#include "runbooks/place.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Json;
using base::Millis;
using base::Result;
using model::Impact;

Result<> initialise(Context& context) {
  TRY(create_primary(context));
  const auto& primary = model::primary_of(*context.database);
  if (primary.host != model::kLocalHost) TRY(configure(context, primary, Synchronous::no));
  return {};
}

Result<> start(Context& context) {
  TRY(start_with(context, context.database->engine));
  return {};
}

Result<> provision(Context& context) {
  const auto& database = *context.database;
  TRY(context.job(api::JobKind::provision_instance,
                  Json(api::ProvisionInstance{context.instance(), database.name, database.owner, database.password})));
  return {};
}

Result<> reach(Context& context) {
  const auto probe = TRY(probe_as_owner(context, api::Through::gateway));
  context.facts["version"] = probe.version;
  return {};
}

constexpr Step kSteps[] = {
    {{"place", "A port and a place on a host are chosen.", Impact::none, Millis{50}}, nullptr, place_nodes, nullptr},
    {{"initialise", "The data directory is made, with checksums, settings for the plan's memory and TLS.", Impact::none,
      Millis{1500}},
     nullptr,
     initialise,
     remove_nodes},
    {{"start", "PostgreSQL is started.", Impact::none, Millis{300}}, nullptr, start, nullptr},
    {{"provision", "The owner's role and the database are made.", Impact::none, Millis{200}},
     nullptr,
     provision,
     nullptr},
    {{"serve", "The gateway serves the database on its port.", Impact::none, Millis{50}}, nullptr, serve, forget},
    {{"reach", "The database is reachable: its owner connects over TLS.", Impact::none, Millis{50}},
     nullptr,
     reach,
     nullptr},
};

}  // namespace

const Runbook kCreateSingle{"create-single", "A new single-node database", model::DatabaseState::creating,
                            Fate::goes_unless_finished, kSteps};

}  // namespace pgbaton::runbooks
