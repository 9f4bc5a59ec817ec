#include "gateway/run.hpp"

#include <csignal>
#include <cstdlib>

#include <sys/resource.h>

#include "gateway/gateway.hpp"
#include "gateway/metrics.hpp"
#include "gateway/takeover_format.hpp"
#include "gateway/takeover_give.hpp"
#include "gateway/takeover_take.hpp"
#include "system/http_server.hpp"
#include "system/log.hpp"
#include "system/pause.hpp"
#include "system/stop_signal.hpp"

namespace pgbaton::gateway {

using base::Json;
using base::Result;
using system::HttpReply;
using system::HttpRequest;

namespace {

constexpr base::Millis kHeldRound{10}, kOpenRound{100};  // deadlines are looked at; while nobody is held nothing is due
constexpr int kRetryRounds = 5;
constexpr base::Millis kPumpRound{200};
constexpr base::Millis kPumpGrace{3'000};

// Each session has two descriptors.
void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

template <typename Asked, typename Answer>
system::HttpHandler on_database(Gateway& gateway, Result<Answer> (Held::*act)(const Asked&)) {
  return [&gateway, act](const HttpRequest& request) -> Result<HttpReply> {
    const auto held = TRY(gateway.find(request.parts[0]));
    const auto asked = TRY(base::from_json_text<Asked>(request.body));
    return HttpReply { .body = Json(TRY((held.get()->*act)(asked))) };
  };
}

// Routes: api/gateway.hpp.
void add_routes(system::HttpServer& http, Gateway& gateway) {
  http.route("PUT", "/v1/databases/{name}", [&](const HttpRequest& request) -> Result<HttpReply> {
    TRY(gateway.serve(TRY(base::from_json_text<api::ServedDatabase>(request.body))));
    return HttpReply{.body = Json::object()};
  });
  http.route("DELETE", "/v1/databases/{name}", [&](const HttpRequest& request) -> Result<HttpReply> {
    TRY(gateway.forget(request.parts[0]));
    return HttpReply{.body = Json::object()};
  });
  http.route("GET", "/v1/databases/{name}", [&](const HttpRequest& request) -> Result<HttpReply> {
    const auto held = TRY(gateway.find(request.parts[0]));
    return HttpReply{.body = Json(held->status())};
  });
  http.route("PUT", "/v1/databases/{name}/maintenance", [&](const HttpRequest& request) -> Result<HttpReply> {
    TRY(gateway.set_maintenance(request.parts[0], TRY(base::from_json_text<api::Maintenance>(request.body))));
    return HttpReply{.body = Json::object()};
  });
  http.route("DELETE", "/v1/databases/{name}/maintenance", [&](const HttpRequest& request) -> Result<HttpReply> {
    TRY(gateway.set_maintenance(request.parts[0], std::nullopt));
    return HttpReply{.body = Json::object()};
  });
  http.route("GET", "/v1/databases/{name}/sessions", [&](const HttpRequest& request) -> Result<HttpReply> {
    const auto held = TRY(gateway.find(request.parts[0]));
    return HttpReply{.body = Json(held->sessions())};
  });
  http.route("POST", "/v1/databases/{name}/prepare", on_database(gateway, &Held::prepare));
  http.route("POST", "/v1/databases/{name}/hold", on_database(gateway, &Held::hold));
  http.route("POST", "/v1/databases/{name}/move", [&](const HttpRequest& request) -> Result<HttpReply> {
    TRY(gateway.move(request.parts[0], TRY(base::from_json_text<api::Move>(request.body))));
    return HttpReply{.body = Json::object()};
  });
  http.route("POST", "/v1/databases/{name}/resume", on_database(gateway, &Held::resume));
  http.route("POST", "/v1/databases/{name}/compare", on_database(gateway, &Held::compare));
  http.route("GET", "/v1/process", [&](const HttpRequest&) -> Result<HttpReply> {
    TRY(gateway.check_serves());
    return HttpReply{.body = {{"pid", ::getpid()}}};
  });
  http.route("GET", "/metrics", [&](const HttpRequest&) -> Result<HttpReply> {
    return HttpReply{.text = render_metrics(gateway.all()), .content_type = "text/plain; version=0.0.4"};
  });
}

// PostgreSQL's processes and often the clients need the other half of the CPUs, and a loop that finds more sessions
// ready at each turn sleeps less often (docs/performance.md). Tests ask for two on any machine.
std::size_t loop_count() {
  if (const char* asked = std::getenv("PGBATON_GATEWAY_LOOPS"); asked != nullptr && std::atoi(asked) > 0)
    return static_cast<std::size_t>(std::atoi(asked));
  return std::max(1U, std::thread::hardware_concurrency() / 2);
}

// Whoever asked for a hold may have died: its end is kept here. And what was in a database's way may have gone.
void look_after(const std::stop_token& stop, Gateway& gateway) {
  auto pause = kOpenRound;
  for (int round = 1; system::pause(stop, pause); ++round) {
    if (round % kRetryRounds == 0) gateway.retry();
    pause = kOpenRound;
    for (const auto& held : gateway.all()) {
      held->enforce_deadline();
      gateway.mind_maintenance(*held);
      if (held->served().gate_closed) pause = kHeldRound;
    }
  }
}

enum class Start { fresh, takeover };

// What another process has decided to give is served by nobody else. What it has not is not ours: then this process
// ends without a turn of its loops, in which it would read what clients send.
Result<> take_over(Taking& taking, const Config& config) {
  auto taken = taking.take(takeover_socket(config));
  if (taken) {
    taking.go_on();
    return {};
  }
  if (!taking.has_sessions()) return taken;
  const auto& row = base::traits(taken.error().code);
  system::log_error(taken.error().message, {{"code", row.name}, {"remedy", taken.error().remedy_or_default()}});
  std::_Exit(row.exit_status);
}

// Asked to end, the sessions elsewhere end too, and their last words come through here.
void pump_to_the_end(const Pumps& pumps, const Gateway& gateway, const system::StopSignal& stop_signal) {
  const auto left = [&] { return pumps.count() + gateway.tunnels(); };
  while (left() > 0 && !stop_signal.wait_for(kPumpRound)) {
  }
  const auto grace = base::Deadline::after(kPumpGrace);
  while (left() > 0 && !grace.passed()) std::ignore = stop_signal.wait_for(kHeldRound);
}

Result<> serve(const std::string& config_file, Start start) {
  system::set_log_part("gateway");
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  const system::StopSignal stop_signal;
  const auto config = TRY(read_config(config_file));
  raise_descriptor_limit();
  const auto loops = TRY(Loops::start(loop_count()));
  Pumps pumps;
  Gateway gateway{config, *loops};
  Taking taking{gateway, *loops};
  if (start == Start::takeover) TRY(take_over(taking, config));
  TRY(gateway.begin());
  const auto http = TRY(system::HttpServer::create({.unix_socket = config.socket}));
  add_routes(*http, gateway);
  TRY(http->start());
  std::jthread deadlines{[&](const std::stop_token& stop) { look_after(stop, gateway); }};
  Giving giving{gateway, *loops, pumps};
  TRY(giving.begin(takeover_socket(config), [] { ::kill(::getpid(), SIGTERM); }));
  system::log_info("gateway serves", {{"socket", config.socket}, {"databases", gateway.all().size()}});
  stop_signal.wait();
  giving.stop();
  system::log_info(giving.has_given() ? "gateway ends: its successor serves" : "gateway stops; its sessions end");
  http->stop();
  deadlines = {};
  gateway.end();  // nothing, when it was given away
  pump_to_the_end(pumps, gateway, stop_signal);
  loops->stop();
  return {};
}

}  // namespace

Result<> run(const std::string& config_file) { return serve(config_file, Start::fresh); }

Result<> run_takeover(const std::string& config_file) { return serve(config_file, Start::takeover); }

}  // namespace pgbaton::gateway
