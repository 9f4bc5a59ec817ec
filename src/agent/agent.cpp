#include "agent/agent.hpp"

#include <csignal>

#include "agent/backup_keeper.hpp"
#include "agent/jobs.hpp"
#include "agent/log_keeper.hpp"
#include "agent/questions.hpp"
#include "agent/settling.hpp"
#include "agent/tail_keeper.hpp"
#include "catalog/builtin.hpp"
#include "postgres/process.hpp"
#include "system/http_server.hpp"
#include "system/log.hpp"
#include "system/stop_signal.hpp"

namespace pgbaton::agent {

using base::Json;
using base::Result;
using system::HttpReply;
using system::HttpRequest;

namespace {

Result<std::vector<engine::Source>> read_sources(const Config& config) {
  const auto file = system::Path{config.catalog} / "sources.toml";
  if (config.catalog.empty() || !std::filesystem::exists(file))
    return engine::parse_sources(catalog::builtin::sources());
  return base::in_context(file.string(), engine::parse_sources(TRY(system::read_file(file))));
}

int number(const HttpRequest& request, const std::string& name, int fallback) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? fallback : std::atoi(found->second.c_str());
}

base::Millis patience_of(const HttpRequest& request) {
  return base::Millis{std::clamp(number(request, "wait_ms", 0), 0, 30'000)};
}

// Routes: api/agent.hpp.
void add_routes(system::HttpServer& http, const Config& config, Jobs& jobs, Journal& journal, Instances& instances,
                KnownLines& lines) {
  http.route("POST", "/v1/jobs", [&](const HttpRequest& request) -> Result<HttpReply> {
    auto job = TRY(jobs.submit(TRY(base::from_json_text<api::JobRequest>(request.body))));
    const auto patience = patience_of(request);
    if (job.state == api::JobState::running && patience > base::Millis{0})
      job = TRY(jobs.wait(job.id, base::Deadline::after(patience)));
    return HttpReply{.status = 202, .body = Json(job)};
  });
  http.route("GET", "/v1/jobs/{id}", [&](const HttpRequest& request) -> Result<HttpReply> {
    return HttpReply { .body = Json(TRY(jobs.wait(request.parts[0], base::Deadline::after(patience_of(request))))) };
  });
  http.route("GET", "/v1/instances", [&](const HttpRequest&) -> Result<HttpReply> {
    Json all = Json::array();
    for (const auto& instance : TRY(journal.instances())) all.push_back(TRY(instances.status(instance)));
    return HttpReply{.body = all};
  });
  http.route("GET", "/v1/instances/{name}", [&](const HttpRequest& request) -> Result<HttpReply> {
    return HttpReply { .body = Json(TRY(instances.status(TRY(instances.find(request.parts[0]))))) };
  });
  http.route("POST", "/v1/instances/{name}/query", [&](const HttpRequest& request) -> Result<HttpReply> {
    const auto query = TRY(base::from_json_text<api::Query>(request.body));
    return HttpReply { .body = Json(TRY(answer_query(instances, request.parts[0], query))) };
  });
  http.route("POST", "/v1/instances/{name}/probe", [&](const HttpRequest& request) -> Result<HttpReply> {
    const auto probe = TRY(base::from_json_text<api::Probe>(request.body));
    return HttpReply { .body = Json(TRY(answer_probe(instances, request.parts[0], probe))) };
  });
  http.route("GET", "/v1/instances/{name}/replication", [&](const HttpRequest& request) -> Result<HttpReply> {
    return HttpReply { .body = Json(TRY(answer_replication(instances, request.parts[0]))) };
  });
  http.route("POST", "/v1/lease", [&](const HttpRequest& request) -> Result<HttpReply> {
    const auto lease = TRY(base::from_json_text<api::Lease>(request.body));
    return HttpReply{.body = Json(instances.leases().renew(lease))};
  });
  http.route("GET", "/v1/instances/{name}/backups", [&](const HttpRequest& request) -> Result<HttpReply> {
    return HttpReply { .body = Json(TRY(answer_backups(config, instances, lines, request.parts[0]))) };
  });
  http.route("POST", "/v1/instances/{name}/log", [&](const HttpRequest& request) -> Result<HttpReply> {
    const auto question = TRY(base::from_json_text<api::LogQuestion>(request.body));
    return HttpReply { .body = Json(TRY(answer_log(config, instances, request.parts[0], question))) };
  });
  http.route("GET", "/v1/host", [&](const HttpRequest& request) -> Result<HttpReply> {
    const auto ports = request.query.find("ports");
    return HttpReply { .body = Json(TRY(answer_host(config, ports == request.query.end() ? "" : ports->second))) };
  });
}

// For a server on another host: both show a certificate of one authority that makes no others.
system::HttpListen where_it_listens(const Config& config) {
  if (!config.is_remote()) return {.unix_socket = config.socket};
  const auto tls = config.data / "tls";
  return {.endpoint = config.listen,
          .certificate = tls / "control.crt",
          .key = tls / "control.key",
          .client_authority = tls / "control-ca.crt"};
}

// What a killed qualification or rehearsal left. Its server goes first: without its data directory it would run on for
// a minute.
void sweep_probes(const Config& config) {
  for (const auto& name : system::list_directory(config.data / "agent")) {
    if (!name.starts_with("qualify-")) continue;
    const auto folder = config.data / "agent" / name;
    if (const auto postmaster = postgres::find_postmaster(folder / "instance" / "data")) {
      std::ignore = postmaster->process.signal(SIGQUIT);
      std::ignore = postmaster->process.gone_by(base::Deadline::after(std::chrono::seconds{5}));
    }
    std::ignore = system::remove_tree(folder);
  }
}

}  // namespace

Result<> run(const std::string& config_file) {
  system::set_log_part("agent");
  const system::StopSignal stop_signal;
  auto config = TRY(read_config(config_file));
  std::optional<system::FileLock> own_lock;  // of the folder; on the server's host `pgbaton up` has it
  if (config.is_remote()) own_lock = TRY(settle(config));
  TRY(system::make_directory(config.data / "agent", 0700));
  TRY(system::make_directory(config.data / "agent" / "instances", 0700));
  const auto sources = TRY(read_sources(config));
  const auto store = TRY(store::open_sqlite((config.data / "agent" / "journal.db").string()));
  Journal journal{*store};
  TRY(journal.recover());
  sweep_probes(config);
  Instances instances{config, journal};
  BackupKeeper backups{config, journal, instances, sources};
  TailKeeper tails{config, journal, instances};
  LogKeeper logs{config, journal};
  instances.tell({.wanted = [&](const std::string& name) { backups.want(name); },
                  .leave =
                      [&](const std::string& name) {
                        tails.leave(name);
                        backups.leave(name);
                      }});
  Jobs jobs{config, journal, instances, sources};
  KnownLines lines;
  const auto http = TRY(system::HttpServer::create(where_it_listens(config)));
  add_routes(*http, config, jobs, journal, instances, lines);
  TRY(http->start());
  instances.begin_keeping();
  backups.begin();
  tails.begin();
  logs.begin();
  system::log_info("agent serves", {{"where", config.is_remote() ? system::to_string(config.listen) : config.socket}});
  stop_signal.wait();
  system::log_info("agent stops; its instances go on running");
  logs.end();
  tails.end();
  backups.end();
  instances.end_keeping();
  jobs.stop();
  http->stop();
  return {};
}

}  // namespace pgbaton::agent
