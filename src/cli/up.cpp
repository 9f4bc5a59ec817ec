// up: everything on this machine under one supervisor.
#include <unistd.h>

#include "cli/house.hpp"
#include "cli/machine_commands.hpp"
#include "cli/program.hpp"
#include "cli/reload_report.hpp"
#include "cli/supervisor.hpp"
#include "cli/up_files.hpp"
#include "system/http_client.hpp"
#include "system/log.hpp"

namespace pgbaton::cli {

using base::Result;

namespace {

constexpr base::Millis kPatience{2'000};

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

std::vector<Part> parts(const UpFiles& files, const std::string& socket) {
  const auto part = [](const char* name, const PartFiles& of) {
    // The link stays right when the program's file is replaced or its folder is closed to the user that we became.
    return Part{name, {"/proc/self/exe", name, "--config", of.config}, of.log};
  };
  auto gateway = part("gateway", files.gateway);
  gateway.serves = [target = system::HttpTarget{.unix_socket = socket}](pid_t pid) {
    const auto answer = system::http_request(target, "GET", "/v1/process", nullptr, base::Deadline::after(kPatience));
    return answer && answer->body.value("pid", pid_t{-1}) == pid;
  };
  return {part("agent", files.agent), std::move(gateway), part("server", files.server)};
}

Result<system::HttpTarget> health_target(const House& house) {
  auto target = TRY(system::parse_http_target(house.registration.server));
  if (uses_tls(house.settings)) target.ca_file = house.settings.data / "tls" / "ca.crt";
  return target;
}

bool is_healthy(const system::HttpTarget& target, const char* path) {
  const auto answer = system::http_request(target, "GET", path, nullptr, base::Deadline::after(kPatience));
  return answer && answer->status == 200;
}

void say_ready(const House& house, const std::string& host, const Console& console) {
  const auto url = public_url(house.settings, host);
  const auto& data = house.registration.data;
  if (console.json)
    console.out << base::Json{{"ready", true}, {"server", url}, {"data", data}}.dump() << '\n' << std::flush;
  else
    console.out << fmt::format("pgbaton is ready: {} (data in {})\n", url, data) << std::flush;
}

}  // namespace

void declare_up(Declaration& declaration) {
  declaration.text("--data", "DIR", &Options::data, "Where everything is kept");
  declaration.text("--engines", "DIR", &Options::engines,
                   "Where versions of PostgreSQL are unpacked; DIR/engines unless said");
  declaration.text("--listen", "HOST:PORT", &Options::listen,
                   "Where the API answers, 127.0.0.1:8432 unless said; beyond loopback with TLS");
  declaration.text("--gateway-listen", "ADDR[,ADDR]", &Options::gateway_listen,
                   "Where clients of databases connect, 127.0.0.1 unless said; 0.0.0.0: on all addresses");
  declaration.text("--address", "ADDR", &Options::address,
                   "Where other hosts reach this one, for databases that are spread over several (`hosts add`)");
  declaration.text("--gateway-ports", "LOW-HIGH", &Options::gateway_ports,
                   "Ports for databases, 6001-6999 unless said");
  declaration.text("--user", "NAME", &Options::user,
                   "Started as root: whom to become, pgbaton unless said; made when it is not there");
  declaration.text("--catalog", "DIR", &Options::catalog,
                   "A folder with own catalog files that stand before the built-in ones");
  declaration.text("--backups", "DIR", &Options::backups,
                   "Where backups are kept, best on another disk; DATA/agent/backups unless said. Or an object store: "
                   "s3://BUCKET/PREFIX?endpoint=HOST:PORT&region=REGION, with keys in AWS_ACCESS_KEY_ID and "
                   "AWS_SECRET_ACCESS_KEY or in --backup-keys");
  declaration.text("--backup-keys", "FILE", &Options::backup_keys,
                   "A file that only its owner reads, with access_key_id = \"…\" and secret_access_key = \"…\"");
  declaration.flag("--release-by-hand", &Options::release_by_hand, "Installed versions wait for `engines release`");
}

Result<int> run_up(const Options& options, const Context& context) {
  system::set_log_part("up");
  auto program = TRY(ProgramOnDisk::of_this_process());
  const auto settings = TRY(resolve(options, context.environment));
  // What is started here, PostgreSQL in the end, need not have them in its environment.
  for (const auto* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}) ::unsetenv(name);
  const auto house = TRY(take_house(settings, context.environment));
  const auto host = host_name();
  const auto files = TRY(write_up_files(house, host));
  const auto target = TRY(health_target(house));
  const system::HttpTarget agent{.unix_socket = agent_socket(house.settings.data)};
  const system::HttpTarget gateway{.unix_socket = gateway_socket(house.settings.data)};
  const auto is_ready = [&] {
    return is_healthy(target, "/healthz") && is_healthy(gateway, "/metrics") && is_healthy(agent, "/v1/host");
  };
  ReloadReport report{house.settings.data};
  Supervisor supervisor{parts(files, gateway.unix_socket)};
  const auto result =
      supervisor.run({.is_ready = is_ready,
                      .on_ready = [&] { say_ready(house, host, context.console); },
                      .on_children =
                          [&](const std::vector<pid_t>& children) {
                            if (const auto kept = remember_children(house.settings.data, children); !kept)
                              system::log_warning(kept.error().message);
                          },
                      .find_program = [&] { return program.open_again(); },
                      .on_reload = [&] { report.begin(); },
                      .on_reloaded = [&](const Result<>& outcome) { report.end(outcome); }});
  leave_house(house);
  if (!result) return std::unexpected(result.error());
  return 0;
}

}  // namespace pgbaton::cli
