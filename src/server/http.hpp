// The REST API: the table of api/routes.hpp bound to what the server can do.
#pragma once

#include "server/access.hpp"
#include "server/audit.hpp"
#include "server/databases.hpp"
#include "server/engines.hpp"
#include "server/hosts.hpp"
#include "server/maintenance.hpp"
#include "server/receivers.hpp"
#include "server/rehearsals.hpp"
#include "server/schedules.hpp"
#include "system/http_server.hpp"

namespace pgbaton::server {

struct Services {
  const Shop& shop;
  Executor& executor;
  Operations& operations;
  Databases& databases;
  Engines& engines;
  Hosts& hosts;
  Rehearsals& rehearsals;
  Schedules& schedules;
  Receivers& receivers;
  MaintenanceMode& maintenance;
  Access& access;
  Audit& audit;
};

/// Each route asks who is there, whether they may, and writes what was changed into the audit log.
void add_routes(system::HttpServer& http, const Services& services);

/// An operation's progress, sent until it has ended, the client has gone or the server stops.
void send_events(const Services& services, const std::string& id, const system::SendEvent& send,
                 const std::function<bool()>& stopping);

}  // namespace pgbaton::server
