#include "server/server.hpp"

#include "base/text.hpp"
#include "catalog/builtin.hpp"
#include "server/dashboard.hpp"
#include "server/http.hpp"
#include "server/lessor.hpp"
#include "server/notifier.hpp"
#include "server/watch.hpp"
#include "system/log.hpp"
#include "system/pause.hpp"
#include "system/stop_signal.hpp"

namespace pgbaton::server {

using base::Result;

namespace {

// The operator's own file where there is one, else the built-in data.
Result<std::string> catalog_file(const Config& config, const char* name, std::string_view builtin) {
  const auto file = system::Path{config.catalog} / name;
  if (config.catalog.empty() || !std::filesystem::exists(file)) return std::string{builtin};
  return system::read_file(file);
}

Result<catalog::Catalog> read_catalog(const Config& config) {
  catalog::Catalog catalog;
  const auto releases = TRY(catalog_file(config, "releases.toml", catalog::builtin::releases()));
  catalog.releases = TRY(base::in_context("releases.toml", catalog::parse_releases(releases)));
  const auto hazards = TRY(catalog_file(config, "hazards.toml", catalog::builtin::hazards()));
  catalog.hazards = TRY(base::in_context("hazards.toml", catalog::parse_hazards(hazards)));
  const auto majors = TRY(catalog_file(config, "majors.toml", catalog::builtin::majors()));
  catalog.majors = TRY(catalog::parse_major_facts(majors));
  return catalog;
}

// Which engines there are takes seconds to find out: nobody waits for it.
void sync_in_background(Engines& engines) {
  if (const auto synced = engines.sync(); !synced)
    system::log_warning("the engines' sources could not be asked", {{"error", synced.error().message}});
}

// Agent and gateway start beside the server: they may need a moment.
void serve_in_background(Databases& databases, const std::stop_token& stop) {
  do {
    const auto served = databases.serve_all();
    if (served) return;
    if (served.error().code != base::Code::unreachable)
      return system::log_warning("the gateway could not be told of all databases", {{"error", served.error().message}});
  } while (system::pause(stop, std::chrono::milliseconds{200}));
}

void clear_rehearsals_in_background(Rehearsals& rehearsals, const std::stop_token& stop) {
  do {
    if (const auto done = rehearsals.destroy_expired(); !done)
      system::log_warning("rehearsals could not be looked at", {{"error", done.error().message}});
  } while (system::pause(stop, std::chrono::seconds{2}));
}

// Who was killed between writing down and telling the gateway; a gateway that has lost its file.
void reconcile_maintenance_in_background(MaintenanceMode& maintenance, const std::stop_token& stop) {
  do {
    const auto done = maintenance.reconcile();
    if (!done && done.error().code != base::Code::unreachable)  // it starts beside us
      system::log_warning("maintenance could not be looked at", {{"error", done.error().message}});
  } while (system::pause(stop, std::chrono::seconds{2}));
}

// Kept versions whose time is over. Nothing hurries here.
void finalize_in_background(Databases& databases, const std::stop_token& stop) {
  do {
    if (const auto done = databases.finalize_expired(); !done)
      system::log_warning("kept versions could not be looked at", {{"error", done.error().message}});
  } while (system::pause(stop, std::chrono::minutes{10}));
}

}  // namespace

Result<> run(const std::string& config_file) {
  system::set_log_part("server");
  const system::StopSignal stop_signal;
  const auto config = TRY(read_config(config_file));
  const auto catalog = TRY(read_catalog(config));
  const base::Secret token{std::string{base::trim(TRY(system::read_file(config.data / "token")))}};
  const auto store = TRY(store::open_sqlite((config.data / "store.db").string()));
  Records records{*store};
  runbooks::Agents agents{config.agents, config.data / "tls"};
  runbooks::LeaseBook leases;
  const runbooks::GatewayClient gateway{config.gateway};
  const Shop shop{config, records, agents, gateway, leases, catalog};
  Hosts hosts{shop};
  TRY(hosts.load());
  Executor executor{shop};
  Operations operations{shop, executor};
  Databases databases{shop, operations};
  Engines engines{shop, operations};
  Rehearsals rehearsals{shop, databases};
  Schedules schedules{shop, databases};
  Receivers receivers{shop};
  MaintenanceMode maintenance{shop};
  Access access{records, token, fmt::format("pgbaton_{}", config.listen.port)};
  Audit audit{records};
  const Services services{shop,       executor,  operations, databases,   engines, hosts,
                          rehearsals, schedules, receivers,  maintenance, access,  audit};
  const auto http = TRY(
      system::HttpServer::create({.endpoint = config.listen, .certificate = config.certificate, .key = config.key}));
  http->always(security_headers(!config.certificate.empty()));
  add_routes(*http, services);
  add_dashboard(*http);
  TRY(http->start());
  TRY(executor.recover());
  const std::jthread syncing{[&] { sync_in_background(engines); }};
  const std::jthread serving{[&](const std::stop_token& stop) { serve_in_background(databases, stop); }};
  Lessor lessor{shop};
  const std::jthread renewing{[&](const std::stop_token& stop) { lessor.run(stop); }};
  Watch watch{shop, operations};
  const std::jthread watching{[&](const std::stop_token& stop) { watch.run(stop); }};
  const std::jthread finalizing{[&](const std::stop_token& stop) { finalize_in_background(databases, stop); }};
  const std::jthread clearing{[&](const std::stop_token& stop) { clear_rehearsals_in_background(rehearsals, stop); }};
  const std::jthread scheduling{[&](const std::stop_token& stop) { schedules.run(stop); }};
  Notifier notifier{shop};
  const std::jthread telling{[&](const std::stop_token& stop) { notifier.run(stop); }};
  const std::jthread reconciling{
      [&](const std::stop_token& stop) { reconcile_maintenance_in_background(maintenance, stop); }};
  system::log_info("server serves", {{"listen", system::to_string(config.listen)}});
  stop_signal.wait();
  system::log_info("server stops; operations go on at the next start");
  http->stop();
  executor.stop();
  return {};
}

}  // namespace pgbaton::server
