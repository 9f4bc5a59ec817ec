// A new database with standbys.
#include "runbooks/cluster.hpp"
#include "runbooks/gate.hpp"
#include "runbooks/instance_steps.hpp"
#include "runbooks/place.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;
using model::Impact;

constexpr Millis kStreamingLimit{std::chrono::minutes{5}};

Result<> initialise_primary(Context& context) {
  TRY(create_primary(context));
  TRY(configure(context, model::primary_of(*context.database), Synchronous::no));
  return {};
}

Result<> start_primary(Context& context) {
  TRY(start_node(context, model::primary_of(*context.database), context.database->engine));
  return {};
}

Result<> provision_primary(Context& context) {
  const auto& database = *context.database;
  TRY(context.job(api::JobKind::provision_instance,
                  Json(api::ProvisionInstance{context.instance(), database.name, database.owner, database.password})));
  // Roles and slots can be made only now that it runs.
  TRY(configure(context, model::primary_of(database), Synchronous::no));
  return {};
}

Result<> copy_standbys(Context& context) {
  for (const auto& standby : model::standbys_of(*context.database))
    TRY(add_standby(context, standby, context.database->plan.memory));
  return {};
}

Result<> replicate(Context& context) {
  TRY(await_streaming(context, model::standbys_of(*context.database), Deadline::after(kStreamingLimit)));
  TRY(configure(context, model::primary_of(*context.database), Synchronous::as_chosen));
  return {};
}

Result<> reach_primary(Context& context) {
  const auto probe = TRY(probe_as_owner(context, api::Through::gateway));
  context.facts["version"] = probe.version;
  return {};
}

constexpr Step kSteps[] = {
    {{"place", "A port, hosts and the nodes' ports are chosen.", Impact::none, Millis{50}},
     nullptr,
     place_nodes,
     nullptr},
    {{"initialise", "The primary's data directory is made, with checksums, settings for the plan's memory and TLS.",
      Impact::none, Millis{1500}},
     nullptr,
     initialise_primary,
     remove_nodes},
    {{"start", "The primary is started.", Impact::none, Millis{300}}, nullptr, start_primary, nullptr},
    {{"provision", "The owner's role, the database and a replication slot for each standby are made.", Impact::none,
      Millis{200}},
     nullptr,
     provision_primary,
     nullptr},
    {{"standbys", "The standbys are made from a base backup of the primary and started.", Impact::none, Millis{4000}},
     nullptr,
     copy_standbys,
     nullptr},
    {{"replicate", "The standbys stream and have caught up.", Impact::none, Millis{500}}, nullptr, replicate, nullptr},
    {{"serve", "The gateway serves the database on its port.", Impact::none, Millis{50}}, nullptr, serve, forget},
    {{"reach", "The database is reachable: its owner connects over TLS.", Impact::none, Millis{50}},
     nullptr,
     reach_primary,
     nullptr},
};

}  // namespace

const Runbook kCreateCluster{"create-cluster", "A new database with standbys", model::DatabaseState::creating,
                             Fate::goes_unless_finished, kSteps};

}  // namespace pgbaton::runbooks
