#include "engine/apt_text.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.hpp"

namespace pgbaton::engine {

using base::Code;
using base::Result;

namespace {

constexpr std::string_view kDefaultKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

using Stanza = std::map<std::string, std::string, std::less<>>;

std::vector<Stanza> parse_stanzas(std::string_view text) {
  std::vector<Stanza> stanzas(1);
  for (const auto& line : base::lines(text)) {
    const auto colon = line.find(": ");
    if (line.empty())
      stanzas.emplace_back();
    else if (colon != std::string::npos)
      stanzas.back()[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return stanzas;
}

std::string field(const Stanza& stanza, std::string_view name) {
  const auto found = stanza.find(name);
  return found == stanza.end() ? std::string{} : found->second;
}

// Origin and Label come from the Release files: a host that never ran `apt-get update` has none, only its sources'
// names.
bool is_security(const Stanza& stanza) {
  const auto label = field(stanza, "Label");
  return label.empty() ? field(stanza, "Release").ends_with("-security") : label == "Debian-Security";
}

bool is_main(const Stanza& stanza) {
  const auto label = field(stanza, "Label");
  const auto release = field(stanza, "Release");
  return label.empty() ? release.find('-') == std::string::npos : label == "Debian" && !release.ends_with("-backports");
}

bool is_debian(const Stanza& stanza) {
  const auto origin = field(stanza, "Origin");
  return field(stanza, "Created-By") == "Packages" && field(stanza, "Component") == "main" &&
         (origin.empty() || origin == "Debian");
}

// Keys may be given as a file or, inline, as a block of text, which apt prints as it is.
std::string keyring_of(const Stanza& stanza) {
  const auto signed_by = field(stanza, "Signed-By");
  return signed_by.starts_with('/') ? signed_by : std::string{kDefaultKeyring};
}

std::string unescape(std::string text) {
  for (std::size_t at = 0; (at = text.find("%3a", at)) != std::string::npos;) text.replace(at, 3, ":");
  return text;
}

// "libpq5_17.12-0+deb13u1_amd64.deb"; an epoch's colon is written %3a.
Result<Deb> parse_uri_line(const std::string& line) {
  const auto words = base::split(line, ' ');
  Deb deb;
  const auto parts = words.size() < 4 ? std::vector<std::string>{} : base::split(words[1], '_');
  if (parts.size() != 3 || !words[3].starts_with("SHA256:"))
    return base::fail(Code::corrupt, "apt names a file without its SHA-256: {}", line);
  deb = {.package = parts[0], .version = unescape(parts[1]), .file = words[1], .sha256 = words[3].substr(7)};
  std::from_chars(words[2].data(), words[2].data() + words[2].size(), deb.size);
  return deb;
}

}  // namespace

Result<Mirror> parse_mirror(std::string_view indextargets) {
  Mirror mirror;
  for (const auto& stanza : parse_stanzas(indextargets)) {
    if (!is_debian(stanza)) continue;
    const auto uri = field(stanza, "Repo-URI");
    if (is_security(stanza) && mirror.security.empty()) mirror.security = uri;
    if (!is_main(stanza) || !mirror.main.empty()) continue;
    mirror.main = uri;
    mirror.keyring = keyring_of(stanza);
  }
  if (mirror.main.empty())
    return base::fail({Code::failed, "apt on this host knows no Debian archive to fetch engines from",
                       "Add a Debian mirror to /etc/apt/sources.list.d, run `apt-get update`, then try again."});
  return mirror;
}

std::vector<PackageVersion> parse_madison(std::string_view text) {
  std::vector<PackageVersion> found;
  for (const auto& line : base::lines(text)) {
    const auto columns = base::split(line, '|');
    if (columns.size() < 3) continue;
    PackageVersion version{std::string{base::trim(columns[0])}, std::string{base::trim(columns[1])}};
    if (std::ranges::count(found, version) == 0) found.push_back(std::move(version));
  }
  return found;
}

Result<std::vector<Deb>> parse_uris(std::string_view text) {
  std::vector<Deb> debs;
  for (const auto& line : base::lines(text))
    if (line.starts_with('\'')) debs.push_back(TRY(parse_uri_line(line)));
  return debs;
}

std::optional<model::EngineId> engine_of(std::string_view package_version) {
  if (!is_package_version(package_version)) return std::nullopt;
  if (const auto colon = package_version.find(':'); colon != std::string_view::npos)
    package_version.remove_prefix(colon + 1);
  const auto dash = package_version.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto version = model::parse_version(package_version.substr(0, dash));
  auto build = package_version.substr(dash + 1);
  if (build.starts_with("0+")) build.remove_prefix(2);
  if (!version || build.empty()) return std::nullopt;
  return model::EngineId{*version, std::string{build}};
}

bool is_package_version(std::string_view text) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-~:";
  return !text.empty() && text.size() < 128 && text[0] >= '0' && text[0] <= '9' &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::optional<double> parse_download_status(std::string_view line) {
  const auto parts = base::split(line, ':');
  if (parts.size() < 3 || parts[0] != "dlstatus") return std::nullopt;
  double percent = 0;
  const auto [end, error] = std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), percent);
  if (error != std::errc{}) return std::nullopt;
  return std::clamp(percent / 100, 0.0, 1.0);
}

}  // namespace pgbaton::engine
