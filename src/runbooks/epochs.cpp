#include "runbooks/epochs.hpp"

namespace pgbaton::runbooks {

void begin_epoch(model::Database& database, const api::StopAnswer& stopped, const std::string& system_identifier,
                 const std::string& restored_to) {
  auto& epochs = database.epochs;
  if (epochs.empty()) epochs.push_back({.since = database.created_at, .system_identifier = stopped.system_identifier});
  if (epochs.back().since == stopped.stopped_at) return;  // a step that is run again
  epochs.back().last_timeline = stopped.timeline;
  epochs.back().end = stopped.shutdown_checkpoint;
  epochs.push_back({.since = stopped.stopped_at, .system_identifier = system_identifier, .restored_to = restored_to});
}

void go_back_to_epoch(model::Database& database, const api::StopAnswer& stopped, const base::Json& cluster) {
  const auto identifier = cluster.value("system_identifier", "");
  const auto timeline = std::atoi(cluster.value("timeline", "0").c_str());
  begin_epoch(database, stopped, identifier, "");
  auto& epochs = database.epochs;
  for (std::size_t at = 0; at + 1 < epochs.size(); ++at) {
    if (epochs[at].system_identifier != identifier || epochs[at].last_timeline != timeline) continue;
    epochs.back().parent = static_cast<int>(at);
    epochs.back().restored_to = epochs[at + 1].since;
  }
}

base::Result<base::Json> cluster_of(const Context& context) {
  const auto answer = TRY(context.agent.query(
      context.instance(), {"postgres",
                           "SELECT system_identifier::text, timeline_id::text AS timeline FROM pg_control_system(), "
                           "pg_control_checkpoint()"}));
  return answer.rows.at(0);
}

}  // namespace pgbaton::runbooks
