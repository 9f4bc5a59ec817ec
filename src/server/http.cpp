#include "server/http.hpp"

#include "api/routes.hpp"
#include "server/maintenance_page.hpp"
#include "server/metrics.hpp"
#include "server/sign_in.hpp"
#include "system/clock.hpp"

namespace pgbaton::server {

using api::RouteId;
using base::Code;
using base::Json;
using base::Result;
using system::HttpReply;
using system::HttpRequest;

namespace {

HttpReply ok(Json body) { return {.body = std::move(body)}; }

HttpReply accepted(const model::Operation& operation) {
  return {.status = 202, .body = view(operation), .location = "/api/v1/operations/" + operation.id};
}

std::string parameter(const HttpRequest& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string{} : found->second;
}

// A body that is left out is an empty object.
Result<Json> body_of(const HttpRequest& request) {
  return request.body.empty() ? Json::object() : base::parse_json(request.body);
}

Result<Databases::UpgradeRequest> upgrade_of_query(const HttpRequest& request) {
  Json asked = Json::object();
  if (const auto to = parameter(request, "to"); !to.empty()) asked["to"] = to;
  if (const auto transfer = parameter(request, "transfer"); !transfer.empty()) asked["transfer"] = transfer;
  const auto direct = parameter(request, "direct");
  asked["direct"] = direct == "true" || direct == "1";
  return Databases::parse_upgrade(asked);
}

Result<HttpReply> healthz(const Services&, const HttpRequest&) { return ok({{"status", "ok"}}); }
Result<HttpReply> metrics(const Services& services, const HttpRequest&) {
  const auto text = TRY(render_metrics(services.shop));
  return HttpReply{.text = text, .content_type = "text/plain; version=0.0.4"};
}
Result<HttpReply> openapi(const Services&, const HttpRequest&) { return ok(api::openapi(PGBATON_VERSION)); }

Result<HttpReply> list_engines(const Services& services, const HttpRequest&) {
  return ok(TRY(services.engines.list()));
}
Result<HttpReply> sync_engines(const Services& services, const HttpRequest&) {
  TRY(services.engines.sync());
  return ok(TRY(services.engines.list()));
}
Result<HttpReply> install_engine(const Services& services, const HttpRequest& request) {
  const auto operation = TRY(services.engines.install(request.parts[0]));
  if (operation) return accepted(*operation);
  return ok({{"installed", true}, {"version", request.parts[0]}});
}
Result<HttpReply> qualify_engine(const Services& services, const HttpRequest& request) {
  const auto level = TRY(body_of(request))
  .value("level", "long");
  return accepted(TRY(services.engines.qualify(request.parts[0], level)));
}
Result<HttpReply> release_engine(const Services& services, const HttpRequest& request) {
  const bool as_default = TRY(body_of(request))
  .value("default", false);
  return ok(TRY(services.engines.release(request.parts[0], as_default ? Engines::Default::yes : Engines::Default::no)));
}
Result<HttpReply> withdraw_engine(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.engines.withdraw(request.parts[0])));
}

Result<HttpReply> list_databases(const Services& services, const HttpRequest&) {
  return ok(TRY(services.databases.list()));
}
Result<HttpReply> create_database(const Services& services, const HttpRequest& request) {
  return accepted(TRY(services.databases.create(TRY(body_of(request)))));
}
Result<HttpReply> show_database(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.show(request.parts[0])));
}
Result<HttpReply> configure_database(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.configure(request.parts[0], TRY(body_of(request)))));
}
Result<HttpReply> destroy_database(const Services& services, const HttpRequest& request) {
  return accepted(TRY(services.databases.destroy(request.parts[0], parameter(request, "confirm"))));
}
Result<HttpReply> database_url(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.url(request.parts[0])));
}
Result<HttpReply> list_sessions(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.sessions(request.parts[0])));
}
Result<HttpReply> list_queries(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.queries(request.parts[0])));
}
Result<HttpReply> cancel_query(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.cancel_query(request.parts[0], request.parts[1], TRY(body_of(request)))));
}
Result<HttpReply> logs(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.logs(request.parts[0], request.query)));
}
Result<HttpReply> offers(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.offers(request.parts[0])));
}
Result<HttpReply> upgrade_plan(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.upgrade_plan(request.parts[0], TRY(upgrade_of_query(request)))));
}
Result<HttpReply> upgrade(const Services& services, const HttpRequest& request) {
  const auto asked = TRY(Databases::parse_upgrade(TRY(body_of(request))));
  return accepted(TRY(services.databases.upgrade(request.parts[0], asked)));
}
Result<HttpReply> schedule_upgrade(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.schedules.set(request.parts[0], TRY(body_of(request)))));
}
Result<HttpReply> cancel_schedule(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.schedules.cancel(request.parts[0])));
}
Result<HttpReply> switchover(const Services& services, const HttpRequest& request) {
  return accepted(TRY(services.databases.switchover(request.parts[0], TRY(body_of(request)))));
}
Result<HttpReply> resize_plan(const Services& services, const HttpRequest& request) {
  Json asked = Json::object();
  for (const auto* name : {"plan", "replication"})
    if (const auto word = parameter(request, name); !word.empty()) asked[name] = word;
  return ok(TRY(services.databases.resize_plan(request.parts[0], asked)));
}
Result<HttpReply> resize(const Services& services, const HttpRequest& request) {
  return accepted(TRY(services.databases.resize(request.parts[0], TRY(body_of(request)))));
}
Result<HttpReply> preflight(const Services& services, const HttpRequest& request) {
  const auto asked = TRY(Databases::parse_upgrade(TRY(body_of(request))));
  return ok(TRY(services.databases.preflight(request.parts[0], asked)));
}

Result<HttpReply> last_preflight(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.last_preflight(request.parts[0], TRY(upgrade_of_query(request)))));
}
Result<HttpReply> list_checks(const Services& services, const HttpRequest&) {
  return ok(services.databases.preflight_checks());
}

Result<HttpReply> revert_plan(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.revert_plan(request.parts[0])));
}
Result<HttpReply> revert(const Services& services, const HttpRequest& request) {
  const auto asked = TRY(Databases::parse_upgrade(TRY(body_of(request))));
  return accepted(TRY(services.databases.revert(request.parts[0], asked.hold)));
}
Result<HttpReply> finalize(const Services& services, const HttpRequest& request) {
  return accepted(TRY(services.databases.finalize(request.parts[0])));
}

Result<HttpReply> list_hosts(const Services& services, const HttpRequest&) { return ok(TRY(services.hosts.list())); }
Result<HttpReply> add_host(const Services& services, const HttpRequest& request) {
  const auto added = TRY(services.hosts.add(TRY(body_of(request))));
  return HttpReply{.status = 201, .body = added};
}
Result<HttpReply> remove_host(const Services& services, const HttpRequest& request) {
  TRY(services.hosts.remove(request.parts[0]));
  return ok(Json::object());
}

Result<HttpReply> list_backups(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.databases.backups(request.parts[0])));
}
Result<HttpReply> backup(const Services& services, const HttpRequest& request) {
  return accepted(TRY(services.databases.backup(request.parts[0], TRY(body_of(request)))));
}
Result<HttpReply> verify_backups(const Services& services, const HttpRequest& request) {
  return accepted(TRY(services.databases.verify_backups(request.parts[0])));
}
Result<HttpReply> restore(const Services& services, const HttpRequest& request) {
  return accepted(TRY(services.databases.restore(request.parts[0], TRY(body_of(request)))));
}

Result<HttpReply> list_receivers(const Services& services, const HttpRequest&) {
  return ok(TRY(services.receivers.list()));
}

Result<HttpReply> add_receiver(const Services& services, const HttpRequest& request) {
  auto added = TRY(services.receivers.add(TRY(base::parse_json(request.body))));
  return HttpReply{.status = 201, .body = std::move(added)};
}

Result<HttpReply> remove_receiver(const Services& services, const HttpRequest& request) {
  TRY(services.receivers.remove(request.parts[0]));
  return HttpReply{.body = Json::object()};
}

Result<HttpReply> test_receiver(const Services& services, const HttpRequest& request) {
  TRY(services.receivers.test(request.parts[0]));
  return HttpReply{.body = Json::object()};
}

Result<HttpReply> list_rehearsals(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.rehearsals.list(request.parts[0])));
}
Result<HttpReply> record_rehearsal(const Services& services, const HttpRequest& request) {
  auto recorded = TRY(services.rehearsals.record(request.parts[0], TRY(body_of(request))));
  return HttpReply{.status = 201, .body = std::move(recorded)};
}
Result<HttpReply> extend_rehearsal(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.rehearsals.extend(request.parts[0], TRY(body_of(request)))));
}
Result<HttpReply> begin_maintenance(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.maintenance.begin(request.parts[0], TRY(body_of(request)))));
}
Result<HttpReply> end_maintenance(const Services& services, const HttpRequest& request) {
  return ok(TRY(services.maintenance.end(request.parts[0])));
}
// Open to everybody: whether there is a database of that name is not told.
Result<HttpReply> show_maintenance(const Services& services, const HttpRequest& request) {
  const auto database = services.shop.records.database(request.parts[0]);
  if (!database && database.error().code == Code::not_found) return HttpReply{.status = 204};
  if (!database) return std::unexpected(database.error());
  const auto maintenance = TRY(maintenance_of(services.shop, database->value));
  if (!maintenance) return HttpReply{.status = 204};
  const auto seconds = retry_after_seconds(*maintenance, system::now());
  return HttpReply{.status = 503,
                   .text = maintenance_page(*maintenance),
                   .content_type = "text/html; charset=utf-8",
                   .headers = {{"Retry-After", std::to_string(seconds)}, {"Cache-Control", "no-store"}}};
}
Result<HttpReply> list_operations(const Services& services, const HttpRequest& request) {
  const auto database = parameter(request, "database");
  Json all = Json::array();
  for (const auto& operation : TRY(services.shop.records.operations()))
    if (database.empty() || operation.database == database) all.push_back(view(operation));
  if (all.empty() && !database.empty()) TRY(services.shop.records.database(database));
  return ok({{"operations", all}});
}
Result<HttpReply> show_operation(const Services& services, const HttpRequest& request) {
  auto json = view(TRY(services.shop.records.operation(request.parts[0])).value);
  json["events"] = TRY(services.shop.records.events(request.parts[0]));
  return ok(json);
}
Result<HttpReply> operation_events(const Services& services, const HttpRequest& request) {
  const auto id = TRY(services.shop.records.operation(request.parts[0]))
  .value.id;
  return HttpReply{.events = [&services, id](const system::SendEvent& send, const std::function<bool()>& stopping) {
    send_events(services, id, send, stopping);
  }};
}
Result<HttpReply> cancel_operation(const Services& services, const HttpRequest& request) {
  return ok(view(TRY(services.operations.cancel(request.parts[0]))));
}
Result<HttpReply> list_runbooks(const Services&, const HttpRequest&) {
  Json all = Json::array();
  for (const auto& runbook : runbooks::runbooks())
    all.push_back({{"kind", runbook.kind},
                   {"title", runbook.title},
                   {"steps", operation::plan_steps(runbooks::rows_of(runbook), {})}});
  return ok({{"runbooks", all}});
}

const std::map<RouteId, Handler>& handlers() {
  static const std::map<RouteId, Handler> all{
      {RouteId::healthz, healthz},
      {RouteId::metrics, metrics},
      {RouteId::openapi, openapi},
      {RouteId::list_engines, list_engines},
      {RouteId::sync_engines, sync_engines},
      {RouteId::install_engine, install_engine},
      {RouteId::qualify_engine, qualify_engine},
      {RouteId::release_engine, release_engine},
      {RouteId::withdraw_engine, withdraw_engine},
      {RouteId::list_hosts, list_hosts},
      {RouteId::add_host, add_host},
      {RouteId::remove_host, remove_host},
      {RouteId::list_databases, list_databases},
      {RouteId::create_database, create_database},
      {RouteId::show_database, show_database},
      {RouteId::configure_database, configure_database},
      {RouteId::destroy_database, destroy_database},
      {RouteId::database_url, database_url},
      {RouteId::list_sessions, list_sessions},
      {RouteId::list_queries, list_queries},
      {RouteId::cancel_query, cancel_query},
      {RouteId::logs, logs},
      {RouteId::offers, offers},
      {RouteId::upgrade_plan, upgrade_plan},
      {RouteId::upgrade, upgrade},
      {RouteId::schedule_upgrade, schedule_upgrade},
      {RouteId::cancel_schedule, cancel_schedule},
      {RouteId::switchover, switchover},
      {RouteId::resize_plan, resize_plan},
      {RouteId::resize, resize},
      {RouteId::preflight, preflight},
      {RouteId::last_preflight, last_preflight},
      {RouteId::list_checks, list_checks},
      {RouteId::revert_plan, revert_plan},
      {RouteId::revert, revert},
      {RouteId::finalize, finalize},
      {RouteId::list_backups, list_backups},
      {RouteId::backup, backup},
      {RouteId::verify_backups, verify_backups},
      {RouteId::restore, restore},
      {RouteId::list_receivers, list_receivers},
      {RouteId::add_receiver, add_receiver},
      {RouteId::remove_receiver, remove_receiver},
      {RouteId::test_receiver, test_receiver},
      {RouteId::list_rehearsals, list_rehearsals},
      {RouteId::record_rehearsal, record_rehearsal},
      {RouteId::extend_rehearsal, extend_rehearsal},
      {RouteId::begin_maintenance, begin_maintenance},
      {RouteId::end_maintenance, end_maintenance},
      {RouteId::maintenance_page, show_maintenance},
      {RouteId::list_operations, list_operations},
      {RouteId::show_operation, show_operation},
      {RouteId::operation_events, operation_events},
      {RouteId::cancel_operation, cancel_operation},
      {RouteId::list_runbooks, list_runbooks},
  };
  return all;
}

Handler handler_of(RouteId id) {
  const auto person = people_handlers().find(id);
  return person == people_handlers().end() ? handlers().at(id) : person->second;
}

void note_change(const Services& services, const api::Route& route, const Caller& caller, const HttpRequest& request,
                 const Result<HttpReply>& reply) {
  if (route.method == "GET") return;
  services.audit.note({.user = caller.name,
                       .via = caller.via,
                       .address = request.address,
                       .action = std::string{route.summary},
                       .method = request.method,
                       .path = request.path,
                       .status = reply ? reply->status : base::traits(reply.error().code).http_status,
                       .detail = reply ? "" : reply.error().message});
}

Result<HttpReply> answer(const Services& services, const api::Route& route, const HttpRequest& request) {
  TRY(check_origin(request));
  const auto handler = handler_of(route.id);
  if (route.access == api::Access::open) return handler(services, request);
  const auto caller = TRY(services.access.caller(request));
  const auto allowed = check_role(caller, route.access);
  auto reply = allowed ? handler(services, request) : Result<HttpReply>{std::unexpected(allowed.error())};
  note_change(services, route, caller, request, reply);
  return reply;
}

}  // namespace

void add_routes(system::HttpServer& http, const Services& services) {
  for (const auto& route : api::routes())
    http.route(route.method, route.path, [&services, &route](const HttpRequest& request) -> Result<HttpReply> {
      return answer(services, route, request);
    });
}

}  // namespace pgbaton::server
