#include "api/routes.hpp"

#include <array>

#include "base/text.hpp"

namespace pgbaton::api {

using base::Json;

namespace {

constexpr auto kOpen = Access::open;
constexpr auto kRead = Access::read;
constexpr auto kOperate = Access::operate;
constexpr auto kOwn = Access::own;

constexpr auto kRoutes = std::to_array<Route>({
    {RouteId::healthz, "GET", "/healthz", kOpen, 200, "Whether the server serves", "", ""},
    {RouteId::metrics, "GET", "/metrics", kOpen, 200, "Metrics for Prometheus", "", ""},
    {RouteId::openapi, "GET", "/api/v1/openapi.json", kOpen, 200, "This description", "", ""},
    {RouteId::list_engines, "GET", "/api/v1/engines", kRead, 200, "Engines, found or installed", "", ""},
    {RouteId::sync_engines, "POST", "/api/v1/engines/sync", kOperate, 200, "Ask the sources which engines there are",
     "", ""},
    {RouteId::install_engine, "POST", "/api/v1/engines/{version}/install", kOperate, 202, "Install an engine", "", ""},
    {RouteId::qualify_engine, "POST", "/api/v1/engines/{version}/qualify", kOperate, 202, "Qualify an engine", "",
     "level"},
    {RouteId::release_engine, "POST", "/api/v1/engines/{version}/release", kOwn, 200, "Release an engine", "",
     "default"},
    {RouteId::withdraw_engine, "POST", "/api/v1/engines/{version}/withdraw", kOwn, 200,
     "Take an engine out of the offers", "", ""},
    {RouteId::list_hosts, "GET", "/api/v1/hosts", kRead, 200, "Hosts that nodes may live on", "", ""},
    {RouteId::add_host, "POST", "/api/v1/hosts", kOwn, 201, "Add a host; the answer has its agent's file", "",
     "name! address! port"},
    {RouteId::remove_host, "DELETE", "/api/v1/hosts/{name}", kOwn, 200, "Remove a host without nodes", "", ""},
    {RouteId::list_databases, "GET", "/api/v1/databases", kRead, 200, "Databases", "", ""},
    {RouteId::create_database, "POST", "/api/v1/databases", kOperate, 202, "Create a database", "",
     "name! plan! version locale replication rehearsal_for_s"},
    {RouteId::show_database, "GET", "/api/v1/databases/{name}", kRead, 200, "A database", "", ""},
    {RouteId::configure_database, "PATCH", "/api/v1/databases/{name}", kOperate, 200, "Change a database's settings",
     "", "park_after_ms allow requires_rehearsal window auto_minor"},
    {RouteId::destroy_database, "DELETE", "/api/v1/databases/{name}", kOwn, 202, "Delete a database and its data",
     "confirm", ""},
    {RouteId::database_url, "GET", "/api/v1/databases/{name}/url", kOperate, 200, "How clients connect", "", ""},
    {RouteId::list_sessions, "GET", "/api/v1/databases/{name}/sessions", kRead, 200,
     "Sessions of clients, and what of them could not be carried over an upgrade", "", ""},
    {RouteId::list_queries, "GET", "/api/v1/databases/{name}/queries", kRead, 200,
     "What a database's sessions run just now, and the statements that took most of its time", "", ""},
    {RouteId::cancel_query, "POST", "/api/v1/databases/{name}/queries/{pid}/cancel", kOperate, 200,
     "Cancel the statement that a backend runs; its session goes on", "", "began"},
    {RouteId::logs, "GET", "/api/v1/databases/{name}/logs", kRead, 200,
     "What PostgreSQL has logged on a database's nodes: the newest entries, or those after the cursor of an answer",
     "node since level text lines after", ""},
    {RouteId::offers, "GET", "/api/v1/databases/{name}/offers", kRead, 200,
     "What the database may be upgraded to, and why not to the others", "", ""},
    {RouteId::upgrade_plan, "GET", "/api/v1/databases/{name}/upgrade", kRead, 200,
     "What an upgrade would do; nothing is changed", "to direct transfer", ""},
    {RouteId::upgrade, "POST", "/api/v1/databases/{name}/upgrade", kOperate, 202, "Upgrade a database", "",
     "to direct max_stall_ms end_sessions transfer digest"},
    {RouteId::schedule_upgrade, "PUT", "/api/v1/databases/{name}/schedule", kOperate, 200,
     "Upgrade a database in its maintenance window, or at a time", "",
     "at! to direct max_stall_ms end_sessions transfer digest"},
    {RouteId::cancel_schedule, "DELETE", "/api/v1/databases/{name}/schedule", kOperate, 200,
     "Take a scheduled upgrade back", "", ""},
    {RouteId::switchover, "POST", "/api/v1/databases/{name}/switchover", kOperate, 202, "Make a standby the primary",
     "", "max_stall_ms end_sessions"},
    {RouteId::resize_plan, "GET", "/api/v1/databases/{name}/resize", kRead, 200,
     "What a change of plan would do; nothing is changed", "plan replication", ""},
    {RouteId::resize, "POST", "/api/v1/databases/{name}/resize", kOperate, 202, "Change a database's plan", "",
     "plan replication max_stall_ms end_sessions"},
    {RouteId::preflight, "POST", "/api/v1/databases/{name}/preflight", kOperate, 200,
     "Check whether an upgrade can go through; nothing is changed", "", "to direct check"},
    {RouteId::last_preflight, "GET", "/api/v1/databases/{name}/preflight", kRead, 200,
     "What the last preflight found, how old it is, and whether it still holds", "to", ""},
    {RouteId::list_checks, "GET", "/api/v1/checks", kRead, 200, "The table of the preflight's checks", "", ""},
    {RouteId::revert_plan, "GET", "/api/v1/databases/{name}/revert", kRead, 200,
     "What going back to the kept version would do, and what would be lost; nothing is changed", "", ""},
    {RouteId::revert, "POST", "/api/v1/databases/{name}/revert", kOperate, 202,
     "Go back to the version before the last major-upgrade, as the data were then", "", "max_stall_ms end_sessions"},
    {RouteId::finalize, "POST", "/api/v1/databases/{name}/finalize", kOperate, 202,
     "Delete the version that is kept since the last major-upgrade", "", ""},
    {RouteId::list_backups, "GET", "/api/v1/databases/{name}/backups", kRead, 200,
     "A database's backups, and which moments can be restored", "", ""},
    {RouteId::backup, "POST", "/api/v1/databases/{name}/backups", kOperate, 202, "Take a base backup", "", "full"},
    {RouteId::verify_backups, "POST", "/api/v1/databases/{name}/backups/verify", kOperate, 202,
     "Read everything that the repository has of a database, and compare checksums", "", ""},
    {RouteId::restore, "POST", "/api/v1/databases/{name}/restore", kOperate, 202,
     "Restore a database as it was at a time, as a new one or in place", "",
     "to! as max_stall_ms end_sessions rehearsal_for_s"},
    {RouteId::list_rehearsals, "GET", "/api/v1/databases/{name}/rehearsals", kRead, 200,
     "Rehearsals of a database's upgrades, newest first", "", ""},
    {RouteId::record_rehearsal, "POST", "/api/v1/databases/{name}/rehearsals", kOperate, 201,
     "Keep what came of a rehearsal on a clone that is still there", "", "clone! operations passed report"},
    {RouteId::extend_rehearsal, "PUT", "/api/v1/databases/{name}/rehearsal", kOperate, 200,
     "When a rehearsal's database is destroyed: so many seconds from now; 0: by hand", "", "rehearsal_for_s!"},
    {RouteId::begin_maintenance, "PUT", "/api/v1/databases/{name}/maintenance", kOperate, 200,
     "Let nobody in, and sessions end with their transactions", "", "message until grace_ms"},
    {RouteId::end_maintenance, "DELETE", "/api/v1/databases/{name}/maintenance", kOperate, 200, "Let clients in again",
     "", ""},
    {RouteId::maintenance_page, "GET", "/maintenance/{name}", kOpen, 204,
     "For web servers: 503 and a page while the database is in maintenance, else nothing", "", ""},
    {RouteId::list_operations, "GET", "/api/v1/operations", kRead, 200, "Operations, newest first", "database", ""},
    {RouteId::show_operation, "GET", "/api/v1/operations/{id}", kRead, 200, "An operation", "", ""},
    {RouteId::operation_events, "GET", "/api/v1/operations/{id}/events", kRead, 200,
     "An operation's progress as server-sent events", "", ""},
    {RouteId::cancel_operation, "POST", "/api/v1/operations/{id}/cancel", kOperate, 200,
     "Cancel an operation before its point of no return", "", ""},
    {RouteId::list_runbooks, "GET", "/api/v1/runbooks", kRead, 200, "The steps of every kind of operation", "", ""},
    {RouteId::sign_in, "POST", "/api/v1/session", kOpen, 200, "Sign in: the answer sets a cookie", "",
     "name password token"},
    {RouteId::show_session, "GET", "/api/v1/session", kRead, 200, "Who is signed in, and the CSRF token", "", ""},
    {RouteId::sign_out, "DELETE", "/api/v1/session", kRead, 200, "Sign out", "", ""},
    {RouteId::list_users, "GET", "/api/v1/users", kOwn, 200, "Users and their roles", "", ""},
    {RouteId::add_user, "POST", "/api/v1/users", kOwn, 201, "Add a user", "", "name! role! password!"},
    {RouteId::change_user, "PATCH", "/api/v1/users/{name}", kOwn, 200, "Change a user's role or password", "",
     "role password"},
    {RouteId::remove_user, "DELETE", "/api/v1/users/{name}", kOwn, 200, "Remove a user", "", ""},
    {RouteId::list_audit, "GET", "/api/v1/audit", kRead, 200, "Who did what, newest first", "", ""},
    {RouteId::list_receivers, "GET", "/api/v1/receivers", kOwn, 200, "Who is told what operations do", "", ""},
    {RouteId::add_receiver, "POST", "/api/v1/receivers", kOwn, 201,
     "Tell a webhook or an address of mail what operations do", "",
     "url! database detail smtp from smtp_user smtp_password"},
    {RouteId::remove_receiver, "DELETE", "/api/v1/receivers/{id}", kOwn, 200, "Tell somebody nothing any more", "", ""},
    {RouteId::test_receiver, "POST", "/api/v1/receivers/{id}/test", kOwn, 200, "Try whether a receiver is reached", "",
     ""},
});

Json parameter(std::string_view name, std::string_view in) {
  return {{"name", name}, {"in", in}, {"required", in == "path"}, {"schema", {{"type", "string"}}}};
}

Json parameters(const Route& route) {
  Json all = Json::array();
  for (std::size_t at = route.path.find('{'); at != std::string_view::npos; at = route.path.find('{', at + 1))
    all.push_back(parameter(route.path.substr(at + 1, route.path.find('}', at) - at - 1), "path"));
  if (!route.query.empty())
    for (const auto& name : base::split(route.query, ' ')) all.push_back(parameter(name, "query"));
  return all;
}

Json body(const Route& route) {
  Json properties = Json::object();
  Json required = Json::array();
  for (auto name : base::split(route.body, ' ')) {
    const bool needed = name.ends_with('!');
    if (needed) name.pop_back();
    if (needed) required.push_back(name);
    properties[name] = Json::object();
  }
  Json schema{{"type", "object"}, {"properties", properties}};
  if (!required.empty()) schema["required"] = required;
  return {{"content", {{"application/json", {{"schema", schema}}}}}};
}

Json operation(const Route& route) {
  const auto status = std::to_string(route.success);
  Json described{
      {"summary", route.summary},
      {"parameters", parameters(route)},
      {"responses",
       {{status, {{"description", route.summary}}},
        {"default",
         {{"description", "An error: what happened, and what to do"},
          {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}}}}}};
  if (!route.body.empty()) described["requestBody"] = body(route);
  if (route.access != Access::open) described["security"] = Json::array({{{"token", Json::array()}}});
  return described;
}

Json problem_schema() {
  Json properties = Json::object();
  for (const auto* name : {"type", "title", "code", "detail", "remedy"}) properties[name] = {{"type", "string"}};
  properties["status"] = {{"type", "integer"}};
  return {{"type", "object"}, {"properties", properties}};
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Json openapi(std::string_view version) {
  Json paths = Json::object();
  for (const auto& route : kRoutes) paths[std::string{route.path}][lower(route.method)] = operation(route);
  return {{"openapi", "3.0.3"},
          {"info", {{"title", "pgbaton"}, {"version", version}}},
          {"paths", paths},
          {"components",
           {{"schemas", {{"Problem", problem_schema()}}},
            {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

}  // namespace pgbaton::api
