// A new database out of another one's backups, as that one was at a time. It belongs to its own history from the first
// moment: it never archives into its source's place.
#include "api/restore.hpp"
#include "runbooks/gate.hpp"
#include "runbooks/instance_steps.hpp"
#include "runbooks/place.hpp"
#include "runbooks/restore_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Json;
using base::Millis;
using base::Result;
using model::Impact;

// Where the repository is that has the source.
Result<> place_beside_source(Context& context) {
  const auto host = TRY(restore_request(context))
  .primary.host;
  context.nodes_by_host = {{host, 0}};
  return place_nodes(context);
}

Result<> restore_instance(Context& context) {
  const auto wanted = TRY(restore_request(context));
  const auto& database = *context.database;
  TRY(ensure_engines_of(context, wanted, database.engine));
  const api::RestoreInstance job{.instance = instance_for(database, model::primary_of(database)),
                                 .source = wanted.source,
                                 .database = database.name};
  context.facts["restore"] = TRY(context.job(api::JobKind::restore_instance, Json(job)));
  return {};
}

Result<> provision_restored(Context& context) {
  const auto& database = *context.database;
  TRY(context.job(api::JobKind::provision_instance,
                  Json(api::ProvisionInstance{context.instance(), database.name, database.owner, database.password})));
  return {};
}

Result<> reach_restored(Context& context) {
  const auto probe = TRY(probe_as_owner(context, api::Through::gateway));
  context.facts["certificate"] = restore_certificate(context, probe);
  return {};
}

constexpr Step kRestoreNewSteps[] = {
    {{"place", "A port is chosen, and a place on the host that has the backups.", Impact::none, Millis{50}},
     nullptr,
     place_beside_source,
     nullptr},
    {{"secure", "What the source has committed until now is in the repository.", Impact::none, Millis{200}},
     nullptr,
     secure_source,
     nullptr},
    {{"restore",
      "The base backup is fetched, the log is replayed up to the time asked for, and the server begins a history of "
      "its own.",
      Impact::none, Millis{5000}},
     nullptr,
     restore_instance,
     remove_nodes},
    {{"provision", "The owner gets a password of its own.", Impact::none, Millis{200}},
     nullptr,
     provision_restored,
     nullptr},
    {{"serve", "The gateway serves the database on its port.", Impact::none, Millis{50}}, nullptr, serve, forget},
    {{"reach", "The database is reachable: its owner connects over TLS.", Impact::none, Millis{50}},
     nullptr,
     reach_restored,
     nullptr},
};

}  // namespace

const Runbook kRestoreNew{"restore-new", "A new database out of the backups of another one",
                          model::DatabaseState::creating, Fate::goes_unless_finished, kRestoreNewSteps};

}  // namespace pgbaton::runbooks
