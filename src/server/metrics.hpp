// What Prometheus reads at /metrics: databases by state, instances up, operations by kind and outcome, memory.
#pragma once

#include <string>

#include "server/turn.hpp"

namespace prometheus {
class Registry;
}

namespace pgbaton::server {

[[nodiscard]] base::Result<std::string> render_metrics(const Shop& shop);

/// Of databases with standbys: lag, timelines, slots, and what is wrong.
void add_replication(prometheus::Registry& registry, const Shop& shop,
                     const std::vector<Document<model::Database>>& databases);

/// Age of the newest base backup, the window, what waits to be archived.
void add_backups(prometheus::Registry& registry, const Shop& shop,
                 const std::vector<Document<model::Database>>& databases);

}  // namespace pgbaton::server
