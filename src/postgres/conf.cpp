#include "postgres/conf.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "postgres/log_text.hpp"
#include "postgres/replication_text.hpp"

namespace pgbaton::postgres {
namespace {

constexpr std::string_view kHeader = "# Written by pgbaton: changes made here are lost.\n";

std::string doubled(std::string_view text, char quote) {
  std::string quoted{quote};
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted += quote;
}

// In quotes a name is never a keyword such as `all`, nor a group or a pattern.
std::string hba_name(std::string_view name) { return doubled(name, '"'); }

bool has_gateways(const Spec& spec) { return spec.replication && !spec.replication->gateways.empty(); }

std::vector<Setting> where_it_listens(const Spec& spec) {
  return {
      {"cluster_name", spec.name},
      {"port", std::to_string(spec.port)},
      {"listen_addresses", base::join(spec.listen_addresses, ",")},
      {"unix_socket_directories", spec.socket_folder.string()},
  };
}

// Relative paths of these settings start at the data directory, so that an instance's folder can be moved.
// Without ssl_ca_file: with it the server asks clients for certificates, and one that has an unrelated certificate in
// its home folder would offer it and be refused. Nobody but gateways and nodes gets to one that has gateways.
std::vector<Setting> how_it_is_secured(const Spec& spec) {
  std::vector<Setting> settings{
      {"password_encryption", "scram-sha-256"},  // 13 still defaults to md5
      {"ssl", "on"},
      {"ssl_cert_file", "../tls/server.crt"},
      {"ssl_key_file", "../tls/server.key"},
      {"ssl_min_protocol_version", "TLSv1.2"},
  };
  if (has_gateways(spec)) settings.push_back({"ssl_ca_file", "../tls/ca.crt"});
  return settings;
}

// PostgreSQL removes no file: log_files.hpp does. Each has a name of its own, because to one of the same name a
// rotation by size appends. Statements are logged only with their errors.
std::vector<Setting> how_it_logs() {
  return {
      {"logging_collector", "on"},
      {"log_destination", "stderr"},
      {"log_directory", "../log"},
      {"log_filename", std::string{kLogFileBegins} + "%Y-%m-%d_%H%M%S.log"},
      {"log_file_mode", "0600"},
      {"log_rotation_age", "1d"},
      {"log_rotation_size", "10MB"},
      {"log_truncate_on_rotation", "off"},
      {"log_line_prefix", std::string{kLogLinePrefix}},
      {"log_statement", "none"},
      {"log_checkpoints", "on"},
      {"log_connections", "off"},
      {"log_disconnections", "off"},
      {"log_lock_waits", "on"},
      {"log_timezone", "UTC"},
      {"timezone", "UTC"},   // initdb takes the host's, and an instance may move to another host
      {"lc_messages", "C"},  // start() reads the log
  };
}

// A standby archives too: what its primary had not got into the repository when it died would be missing there
// otherwise. A segment that is there already costs a comparison.
std::vector<Setting> how_it_archives(const Spec& spec) {
  if (!spec.archive_command) return {};
  return {
      {"archive_mode", spec.upstream ? "always" : "on"},
      {"archive_command", *spec.archive_command},
      {"archive_timeout", "60s"},  // what is never full is in the repository after that long
  };
}

}  // namespace

std::vector<Setting> settings_of(const Spec& spec, int major) {
  std::vector<Setting> all;
  for (const auto& part : {where_it_listens(spec), how_it_is_secured(spec), settings_for_plan(spec.memory, major),
                           how_it_logs(), how_it_archives(spec), replication_settings(spec, major)})
    all.insert(all.end(), part.begin(), part.end());
  // Autovacuum is what writes to tables when nobody asks.
  if (spec.guarded) all.push_back({"autovacuum", "off"});
  const auto connections = std::ranges::find(all, "max_connections", &Setting::name);
  if (std::atoi(connections->value.c_str()) < spec.least_connections)
    connections->value = std::to_string(spec.least_connections);
  return all;
}

std::string render_conf(const Spec& spec, int major) {
  std::string text{kHeader};
  for (const auto& [name, value] : settings_of(spec, major))
    text += fmt::format("{} = {}\n", name, doubled(value, '\''));
  return text;
}

std::string with_include(std::string_view postgresql_conf) {
  const auto include = fmt::format("include '{}'\n", kConfFile);
  if (postgresql_conf.ends_with("\n" + include)) return std::string{postgresql_conf};
  const auto newline = postgresql_conf.empty() || postgresql_conf.ends_with('\n') ? "" : "\n";
  return fmt::format("{}{}\n# pgbaton's settings win over everything above.\n{}", postgresql_conf, newline, include);
}

// PostgreSQL takes the first line that matches. `all` as a database does not match replication connections.
std::string render_hba(const Spec& spec) {
  const auto superuser = hba_name(spec.superuser);
  std::string text{kHeader};
  text += "# TYPE  DATABASE  USER  ADDRESS  METHOD\n";
  text += fmt::format("local all,replication {} peer map=pgbaton\n", superuser);
  if (has_gateways(spec))
    for (const auto& gateway : spec.replication->gateways)
      text += fmt::format("hostssl all {} {} cert map=pgbaton_gateway\n", superuser, single_address(gateway));
  text += fmt::format("host all,replication {} all reject\n", superuser);
  if (spec.guarded) return text;  // whom no line matches is not let in
  text += "local all all md5\n";  // SCRAM where the role has its verifier; the gateway logs in here for its clients
  if (spec.replication) return text + replication_rules(*spec.replication);
  text += "host all all 127.0.0.1/32 scram-sha-256\n";
  text += "host all all ::1/128 scram-sha-256\n";
  text += "hostssl all all all scram-sha-256\n";
  return text;
}

std::string render_ident(const Spec& spec) {
  std::string text{kHeader};
  text += "# MAP  SYSTEM-USER  DATABASE-USER\n";
  for (const auto& user : spec.superuser_os_users)
    text += fmt::format("pgbaton {} {}\n", hba_name(user), hba_name(spec.superuser));
  if (has_gateways(spec))
    text += fmt::format("pgbaton_gateway {} {}\n", hba_name(kGatewayName), hba_name(spec.superuser));
  return text;
}

}  // namespace pgbaton::postgres
