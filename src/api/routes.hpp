// The REST API as a table: what the server serves, what openapi.json describes.
#pragma once

#include <span>
#include <string_view>

#include "base/json.hpp"

namespace pgbaton::api {

enum class RouteId {
  healthz,
  metrics,
  openapi,
  list_engines,
  sync_engines,
  install_engine,
  qualify_engine,
  release_engine,
  withdraw_engine,
  list_hosts,
  add_host,
  remove_host,
  list_databases,
  create_database,
  show_database,
  configure_database,
  destroy_database,
  database_url,
  list_sessions,
  list_queries,
  cancel_query,
  logs,
  offers,
  upgrade_plan,
  upgrade,
  schedule_upgrade,
  cancel_schedule,
  switchover,
  resize_plan,
  resize,
  preflight,
  last_preflight,
  list_checks,
  revert_plan,
  revert,
  finalize,
  list_backups,
  backup,
  verify_backups,
  restore,
  list_rehearsals,
  record_rehearsal,
  extend_rehearsal,
  begin_maintenance,
  end_maintenance,
  maintenance_page,
  list_operations,
  show_operation,
  operation_events,
  cancel_operation,
  list_runbooks,
  sign_in,
  show_session,
  sign_out,
  list_users,
  add_user,
  change_user,
  remove_user,
  list_audit,
  list_receivers,
  add_receiver,
  remove_receiver,
  test_receiver,
};

/// Whom a route is for: everybody, or users from a role on. The API's token is an owner's.
enum class Access { open, read, operate, own };

struct Route {
  RouteId id;
  std::string_view method;
  std::string_view path;
  Access access;
  int success;  // HTTP status
  std::string_view summary;
  std::string_view query;  // names of query parameters, separated by spaces
  std::string_view body;   // names of the body's fields, separated by spaces; a trailing ! makes one required
};

[[nodiscard]] std::span<const Route> routes();
/// OpenAPI 3.0.
[[nodiscard]] base::Json openapi(std::string_view version);

}  // namespace pgbaton::api
