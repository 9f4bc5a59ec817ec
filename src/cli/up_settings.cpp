#include "cli/up_settings.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "model/object_store.hpp"
#include "system/toml_config.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Result;
using system::Path;

namespace {

Result<> check_ports(std::string_view text) {
  int low = 0;
  int high = 0;
  const auto* const last = text.data() + text.size();
  const auto first = std::from_chars(text.data(), last, low);
  const bool dash = first.ec == std::errc{} && first.ptr != last && *first.ptr == '-';
  const auto second = dash ? std::from_chars(first.ptr + 1, last, high) : first;
  if (!dash || second.ec != std::errc{} || second.ptr != last || low < 1 || high > 65535 || low > high)
    return base::fail({Code::invalid_argument, fmt::format("\"{}\" is not a range of ports", text),
                       "Write it as LOW-HIGH, like 6001-6999."});
  return {};
}

// Links resolved as far as the path exists, so that one folder has one name.
Path real_path(const Path& path) {
  std::error_code ignored;
  return std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
}

bool is_wildcard(const std::string& host) { return host == "0.0.0.0" || host == "::" || host == "*"; }

// On 127.0.0.1 in any case: the platform looks from there whether clients are let in.
Result<std::vector<std::string>> addresses_of(const std::string& text) {
  auto addresses = base::split(text, ',');
  std::ranges::replace(addresses, "*", "0.0.0.0");
  if (!std::ranges::all_of(addresses, system::is_address))
    return base::fail({Code::invalid_argument, fmt::format("\"{}\" is not a list of addresses", text),
                       "Write it as ADDRESS,ADDRESS, like 10.0.0.5,fd00::5."});
  const bool has_loopback = std::ranges::any_of(
      addresses, [](const auto& address) { return is_wildcard(address) || address == "127.0.0.1"; });
  if (!has_loopback) addresses.emplace_back("127.0.0.1");
  return addresses;
}

// Keys never come on a command line: everybody on the host reads those.
Result<> take_keys(UpSettings& settings, const std::string& file) {
  TRY(system::check_private(file));
  const auto toml = TRY(system::TomlConfig::read(file, {"access_key_id", "secret_access_key"}));
  settings.backup_store_key = base::Secret{toml.text("access_key_id")};
  settings.backup_store_secret = base::Secret{toml.text("secret_access_key")};
  return {};
}

Result<> take_store(UpSettings& settings, const Options& options, const Environment& environment) {
  TRY(model::parse_object_store(options.backups));
  settings.backup_store = options.backups;
  settings.backup_store_key = environment.store_key;
  settings.backup_store_secret = environment.store_secret;
  if (!options.backup_keys.empty()) TRY(take_keys(settings, options.backup_keys));
  if (!settings.backup_store_key.empty() && !settings.backup_store_secret.empty()) return {};
  return base::fail({Code::invalid_argument, fmt::format("there are no keys for {}", options.backups),
                     "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file with --backup-keys."});
}

std::string url(const UpSettings& settings, const std::string& host) {
  return fmt::format("{}://{}", uses_tls(settings) ? "https" : "http", system::to_string({host, settings.listen.port}));
}

}  // namespace

Result<UpSettings> resolve(const Options& options, const Environment& environment) {
  UpSettings settings{.gateway_ports = options.gateway_ports, .auto_release = !options.release_by_hand};
  TRY(check_ports(options.gateway_ports));
  settings.gateway_listen = TRY(addresses_of(options.gateway_listen));
  settings.listen = TRY(system::parse_endpoint(options.listen));
  settings.address = options.address;
  if (!system::is_address(settings.address) || is_wildcard(settings.address))
    return base::fail({Code::invalid_argument, fmt::format("\"{}\" is not an address of this host", settings.address),
                       "Give --address in numbers, like 10.0.0.1."});
  const auto& data = options.data.empty() ? environment.data : options.data;
  settings.data = real_path(data.empty() ? environment.default_data() : Path{data});
  settings.engines = options.engines.empty() ? settings.data / "engines" : real_path(options.engines);
  const bool is_folder = !options.backups.empty() && !model::is_object_store(options.backups);
  settings.backups = is_folder ? real_path(options.backups) : settings.data / "agent" / "backups";
  if (model::is_object_store(options.backups)) TRY(take_store(settings, options, environment));
  settings.catalog = options.catalog.empty() ? "" : real_path(options.catalog).string();
  if (environment.is_root()) {
    settings.user = options.user.empty() ? "pgbaton" : options.user;
    if (settings.user == "root")
      return base::fail(
          {Code::invalid_argument, "PostgreSQL does not run as root", "Leave --user out, or name an ordinary user."});
  } else if (!options.user.empty()) {
    return base::fail(
        {Code::refused, "only root can run pgbaton as another user", "Leave --user out, or start it as root."});
  }
  return settings;
}

std::string gateway_host(const UpSettings& settings, const std::string& host_name) {
  const auto& first = settings.gateway_listen.front();
  return is_wildcard(first) ? host_name : first;
}

std::string local_url(const UpSettings& settings) {
  const auto& host = settings.listen.host;
  if (!is_wildcard(host)) return url(settings, host);
  return url(settings, host == "::" ? "::1" : "127.0.0.1");
}

std::string public_url(const UpSettings& settings, const std::string& host_name) {
  return is_wildcard(settings.listen.host) ? url(settings, host_name) : url(settings, settings.listen.host);
}

}  // namespace pgbaton::cli
