#include "cli/up_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "system/certificate.hpp"
#include "system/random.hpp"
#include "system/reach.hpp"
#include "system/toml_config.hpp"
#include "system/user.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;
using system::Path;

namespace {

constexpr std::size_t kTokenLength = 40;
constexpr base::Bytes kLongestLog{50 << 20};

Result<> ensure_token(const Path& data) {
  if (std::filesystem::exists(data / "token")) return {};
  return system::write_file_atomic(data / "token", system::random_secret(kTokenLength).reveal() + "\n", 0600);
}

// Made anew at every start: clients trust the authority, and so a certificate never runs out.
Result<> make_certificate(const Path& folder, const std::string& listen_host, const std::string& host_name) {
  TRY(system::ensure_authority(folder));
  system::CertificateRequest request{host_name, {host_name, "localhost"}, {"127.0.0.1", "::1"}};
  auto& names = system::is_address(listen_host) ? request.addresses : request.dns_names;
  if (std::ranges::find(names, listen_host) == names.end()) names.push_back(listen_host);
  return system::issue_certificate(folder, request, folder / "server.crt", folder / "server.key");
}

// The gateway's own: towards clients of databases whose primary is on another host, and towards that host's PostgreSQL.
Result<> make_gateway_certificates(const House& house, const std::string& host_name) {
  const auto tls = house.settings.data / "tls";
  TRY(system::ensure_authority(tls));
  system::CertificateRequest request{host_name, {host_name, "localhost"}, {"127.0.0.1", "::1"}};
  if (house.settings.address != "127.0.0.1") request.addresses.push_back(house.settings.address);
  TRY(system::issue_certificate(tls, request, tls / "gateway.crt", tls / "gateway.key"));
  const system::CertificateRequest client{
      .common_name = "pgbaton-gateway", .dns_names = {}, .addresses = {}, .usage = system::Usage::client};
  return system::issue_certificate(tls, client, tls / "gateway-client.crt", tls / "gateway-client.key");
}

// An authority of its own for server and agents: what is made with the other one opens no agent.
Result<> make_control_certificate(const House& house) {
  const auto control = house.settings.data / "tls" / "hosts";
  TRY(system::ensure_authority(control));
  const system::CertificateRequest server{
      .common_name = "pgbaton-server", .dns_names = {}, .addresses = {}, .usage = system::Usage::client};
  return system::issue_certificate(control, server, control / "server.crt", control / "server.key");
}

// Somebody else may have made the folder in /tmp first.
Result<> make_socket_folder(const Path& folder) {
  TRY(system::make_directory(folder, 0700));
  struct stat info{};
  if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid())
    return base::fail({Code::failed, fmt::format("{} belongs to somebody else", folder.string()),
                       "Remove it, or use a data folder with a shorter path."});
  return {};
}

Result<> start_log(const Path& log) {
  struct stat info{};
  if (::stat(log.c_str(), &info) != 0 || info.st_size < kLongestLog.count) return {};
  return system::rename_path(log, log.string() + ".1");
}

}  // namespace

Path agent_socket(const Path& data) {
  constexpr std::size_t kLongest = 100;  // sun_path has 108 bytes, and a temporary name may be longer
  const auto usual = data / "run" / "agent.sock";
  if (usual.string().size() <= kLongest) return usual;
  return Path{"/tmp"} / ("pgbaton-" + system::path_hash(data)) / "agent.sock";
}

Path gateway_socket(const Path& data) { return agent_socket(data).parent_path() / "gateway.sock"; }

std::string gateway_settings(const House& house, const std::string& socket) {
  std::vector<std::string> quoted;
  for (const auto& address : house.settings.gateway_listen) quoted.push_back(system::toml_quote(address));
  return fmt::format("data = {}\nsocket = {}\nlisten = [{}]\n", system::toml_quote(house.settings.data),
                     system::toml_quote(socket), base::join(quoted, ", "));
}

std::string server_settings(const House& house, const std::string& socket, const std::string& host_name) {
  const auto& settings = house.settings;
  const auto tls = [&](const char* file) { return uses_tls(settings) ? (settings.data / "tls" / file).string() : ""; };
  using system::toml_quote;
  return fmt::format(
      "data = {}\nlisten = {}\ncertificate = {}\nkey = {}\nagent = {}\ngateway = {}\ngateway_host = {}\ngateway_ports "
      "= {}\ncatalog = "
      "{}\nauto_release "
      "= {}\n",
      toml_quote(settings.data), toml_quote(system::to_string(settings.listen)), toml_quote(tls("server.crt")),
      toml_quote(tls("server.key")), toml_quote("unix:" + socket),
      toml_quote("unix:" + gateway_socket(settings.data).string()), toml_quote(gateway_host(settings, host_name)),
      toml_quote(settings.gateway_ports), toml_quote(settings.catalog), settings.auto_release);
}

std::string agent_settings(const House& house, const std::string& socket, const std::string& user) {
  const auto& settings = house.settings;
  using system::toml_quote;
  return fmt::format(
      "data = {}\nengines = {}\nsocket = {}\ncatalog = {}\ncgroup = {}\ncgroup_refusal = {}\nsuperuser_os_users = [{}, "
      "{}]\naddress = {}\nbackups = {}\n"
      "backup_store = {}\nbackup_store_key = {}\nbackup_store_secret = {}\n",
      toml_quote(settings.data), toml_quote(settings.engines), toml_quote(socket), toml_quote(settings.catalog),
      toml_quote(house.cgroup), toml_quote(house.cgroup_refusal), toml_quote(user), toml_quote("root"),
      toml_quote(settings.address), toml_quote(settings.backups), toml_quote(settings.backup_store),
      toml_quote(settings.backup_store_key.reveal()), toml_quote(settings.backup_store_secret.reveal()));
}

Result<UpFiles> write_up_files(const House& house, const std::string& host_name) {
  const auto& data = house.settings.data;
  TRY(ensure_token(data));
  TRY(make_gateway_certificates(house, host_name));
  TRY(make_control_certificate(house));
  if (uses_tls(house.settings)) TRY(make_certificate(data / "tls", house.settings.listen.host, host_name));
  TRY(system::make_directory(data / "log", 0700));
  const auto socket = agent_socket(data);
  TRY(make_socket_folder(socket.parent_path()));
  const UpFiles files{.server = {data / "run" / "server.toml", data / "log" / "server.log"},
                      .agent = {data / "run" / "agent.toml", data / "log" / "agent.log"},
                      .gateway = {data / "run" / "gateway.toml", data / "log" / "gateway.log"}};
  for (const auto& log : {files.server.log, files.agent.log, files.gateway.log}) TRY(start_log(log));
  TRY(system::write_file_atomic(files.server.config, server_settings(house, socket, host_name), 0600));
  TRY(system::write_file_atomic(files.agent.config, agent_settings(house, socket, system::current_user().name), 0600));
  TRY(system::write_file_atomic(files.gateway.config, gateway_settings(house, gateway_socket(data)), 0600));
  return files;
}

}  // namespace pgbaton::cli
