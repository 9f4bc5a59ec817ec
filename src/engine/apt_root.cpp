#include "engine/apt_root.hpp"

#include <array>

#include <unistd.h>

#include "engine/unpack.hpp"
#include "system/log.hpp"

namespace pgbaton::engine {

using base::Code;
using base::Result;
using system::Path;

namespace {

constexpr std::array kFolders{
    "etc/apt/sources.list.d",         "etc/apt/preferences.d", "etc/apt/apt.conf.d", "var/lib/apt/lists/partial",
    "var/cache/apt/archives/partial", "var/lib/dpkg",          "debs/partial"};

// Read after the host's configuration. Its hooks are cleared: they are for the host's own packages. Sandboxing is off
// because apt's own user could not write here, and because only root could become it.
constexpr std::string_view kConfiguration = R"(Dir "{0}";
Dir::State::status "{0}/var/lib/dpkg/status";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
APT::Install-Recommends "false";
Acquire::ForceHash "SHA256";
Acquire::Languages "none";
Acquire::Retries "2";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
)";

// Credentials for the mirror, where we may read them.
std::string credentials() {
  std::string text;
  if (::access("/etc/apt/auth.conf", R_OK) == 0) text += "Dir::Etc::netrc \"/etc/apt/auth.conf\";\n";
  if (::access("/etc/apt/auth.conf.d", R_OK | X_OK) == 0) text += "Dir::Etc::netrcparts \"/etc/apt/auth.conf.d\";\n";
  return text;
}

std::string sources_list(const Mirror& mirror, const Source& source) {
  auto text = fmt::format("deb [signed-by={}] {} {} main\n", mirror.keyring, mirror.main, source.codename);
  if (source.security && !mirror.security.empty())
    text += fmt::format("deb [signed-by={}] {} {}-security main\n", mirror.keyring, mirror.security, source.codename);
  return text;
}

Result<Mirror> find_mirror(const Patience& patience) {
  const auto mirror = TRY(parse_mirror(TRY(run_tool({"apt-get", "indextargets"}, patience)).out));
  if (::access(mirror.keyring.c_str(), R_OK) != 0)
    return base::fail({Code::failed, fmt::format("the Debian archive's keys are not in {}", mirror.keyring),
                       "Install the package debian-archive-keyring on this host, then try again."});
  return mirror;
}

Result<> write_configuration(const Path& root, const Mirror& mirror, const Source& source) {
  for (const auto* name : kFolders)
    if (!std::filesystem::exists(root / name)) TRY(system::make_directory(root / name, 0755));
  TRY(system::write_file_atomic(root / "apt.conf", fmt::format(kConfiguration, root.string()) + credentials(), 0644));
  TRY(system::write_file_atomic(root / "etc/apt/sources.list", sources_list(mirror, source), 0644));
  return system::write_file_atomic(root / "var/lib/dpkg/status", "", 0644);
}

}  // namespace

Result<AptRoot> AptRoot::open(const Folder& folder, const Source& source, const Patience& patience) {
  const Path root = folder.apt(source.codename);
  if (!std::filesystem::exists(root)) TRY(system::make_directory(root, 0755));
  auto lock = TRY(system::FileLock::acquire(root / "lock", patience.deadline));
  TRY(write_configuration(root, TRY(find_mirror(patience)), source));
  return AptRoot{root, std::move(lock)};
}

std::vector<std::string> AptRoot::command(std::string_view program, std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {std::string{program}, "-q", "-c", (root_ / "apt.conf").string()});
  return arguments;
}

Result<> AptRoot::update(const Patience& patience) const {
  TRY(run_tool(command("apt-get", {"update"}), patience));
  return {};
}

Result<> AptRoot::drop_outdated(const Patience& patience) const {
  if (system::list_directory(root_ / "debs").size() <= 1) return {};  // its folder `partial`
  // Only here is the cache apt's own: what is there, `install --print-uris` would leave out.
  const auto cache = fmt::format("Dir::Cache::archives={}/", (root_ / "debs").string());
  TRY(run_tool(command("apt-get", {"-o", cache, "autoclean"}), patience));
  return {};
}

bool AptRoot::has_lists() const {
  for (const auto& name : system::list_directory(root_ / "var/lib/apt/lists"))
    if (name.find("_Packages") != std::string::npos) return true;
  return false;
}

Result<std::vector<PackageVersion>> AptRoot::versions(const std::vector<std::string>& packages,
                                                      const Patience& patience) const {
  std::vector<std::string> arguments{"madison"};
  arguments.insert(arguments.end(), packages.begin(), packages.end());
  return parse_madison(TRY(run_tool(command("apt-cache", std::move(arguments)), patience)).out);
}

Result<std::vector<Deb>> AptRoot::resolve(const std::vector<std::string>& packages, const Patience& patience) const {
  std::vector<std::string> arguments{"-qq", "-y", "--print-uris", "install"};
  arguments.insert(arguments.end(), packages.begin(), packages.end());
  return parse_uris(TRY(run_tool(command("apt-get", std::move(arguments)), patience)).out);
}

Result<std::vector<Deb>> AptRoot::missing(const std::vector<Deb>& debs) const {
  std::vector<Deb> missing;
  for (const auto& deb : debs) {
    const auto file = cached(deb);
    const bool there = std::filesystem::exists(file);
    if (there && verify(deb, file)) continue;
    if (there) {
      system::log_warning("a cached package is damaged and is fetched again", {{"path", file.string()}});
      TRY(system::remove_tree(file));
    }
    missing.push_back(deb);
  }
  return missing;
}

Result<> AptRoot::download(const std::vector<Deb>& debs, const Patience& patience,
                           const OnFraction& on_fraction) const {
  if (debs.empty()) return {};
  std::vector<std::string> arguments{"-o", "APT::Status-Fd=1", "download"};
  for (const auto& deb : debs) arguments.push_back(fmt::format("{}={}", deb.package, deb.version));
  const auto on_line = [&](std::string_view line) {
    if (const auto fraction = parse_download_status(line); fraction && on_fraction) on_fraction(*fraction);
  };
  TRY(run_tool(command("apt-get", std::move(arguments)), patience, on_line, root_ / "debs"));
  return {};
}

}  // namespace pgbaton::engine
