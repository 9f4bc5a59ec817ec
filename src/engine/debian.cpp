#include "engine/debian.hpp"

#include <algorithm>

#include "engine/relocate.hpp"
#include "engine/unpack.hpp"
#include "system/failpoint.hpp"

namespace pgbaton::engine {

using base::Bytes;
using base::Code;
using base::Result;
using system::Path;

namespace {

// Of what a package takes unpacked to what it takes packed (measured 4.0 for 17), and the self-test's cluster.
constexpr std::int64_t kUnpackedPerPacked = 4;
constexpr Bytes kSelfTestSpace{96LL << 20};

std::vector<std::string> server_packages(const Source& source) {
  std::vector<std::string> packages;
  for (const int major : source.majors) packages.push_back(fmt::format("postgresql-{}", major));
  return packages;
}

struct Wanted {
  std::vector<std::string> words;  // "package=version" for apt
  std::vector<std::string> lacking;
};

// The client is pinned as well: pg_upgrade refuses pg_dump or psql of another minor than the server's.
Result<Wanted> wanted_packages(const AptRoot& root, const Source& source, const model::FoundEngine& engine,
                               const Patience& patience) {
  const int major = engine.id.version.major;
  const auto& version = engine.package_version;
  Wanted wanted{
      {fmt::format("postgresql-{}={}", major, version), fmt::format("postgresql-client-{}={}", major, version)}, {}};
  const auto jit = fmt::format("postgresql-{}-jit", major);  // from 18 a package of its own; before, in the server's
  std::vector<std::string> optional{jit};
  for (const auto& name : source.extensions) optional.push_back(fmt::format("postgresql-{}-{}", major, name));
  const auto there = TRY(root.versions(optional, patience));
  if (std::ranges::count(there, PackageVersion{jit, version}) > 0) wanted.words.push_back(jit + "=" + version);
  for (const auto& name : optional) {
    if (name == jit) continue;
    const bool lacking = std::ranges::count(there, name, &PackageVersion::package) == 0;
    (lacking ? wanted.lacking : wanted.words).push_back(name);
  }
  return wanted;
}

// Debian's closure of a server holds what installing it needs, Perl for the most part; running it needs libraries and
// their data. The check that everything resolves inside the tree would find what this leaves out by mistake.
bool contributes(const Deb& deb) {
  const auto& name = deb.package;
  if (name.find("perl") != std::string::npos || name.starts_with("libc-")) return false;
  if (name.starts_with("postgresql-")) return !name.ends_with("-common") && !name.ends_with("-common-dev");
  return name.starts_with("lib") || name.starts_with("zlib") || name.ends_with("-data");
}

Result<> check_space(const Folder& folder, const std::vector<Deb>& debs, const std::vector<Deb>& missing) {
  Bytes need = kSelfTestSpace;
  for (const auto& deb : debs) need = need + Bytes{deb.size} * kUnpackedPerPacked;
  for (const auto& deb : missing) need = need + Bytes{deb.size};
  const auto free = TRY(system::free_space(folder.root));
  if (free >= need) return {};
  return base::fail({Code::no_space,
                     fmt::format("making this engine needs {} in {}, and {} are free", base::humanise(need),
                                 folder.root.string(), base::humanise(free)),
                     "Free disk space there, or choose another place with --engines, then try again."});
}

struct Fetched {
  std::vector<Deb> debs;
  std::vector<std::string> lacking;
};

Result<Fetched> fetch_once(const AptRoot& root, const Folder& folder, const Source& source,
                           const model::FoundEngine& engine, const Patience& patience, const OnFraction& on_fraction) {
  const auto wanted = TRY(wanted_packages(root, source, engine, patience));
  auto debs = TRY(root.resolve(wanted.words, patience));
  std::erase_if(debs, [](const Deb& deb) { return !contributes(deb); });
  const auto missing = TRY(root.missing(debs));
  TRY(check_space(folder, debs, missing));
  TRY(root.download(missing, patience, on_fraction));
  return Fetched{std::move(debs), wanted.lacking};
}

bool newer_indexes_may_help(const base::Error& error) {
  return error.code == Code::failed || error.code == Code::not_found || error.code == Code::corrupt;
}

// The indexes of the last sync will do as long as the mirror still has what they name.
Result<Fetched> fetch(const Folder& folder, const Source& source, const model::FoundEngine& engine,
                      const Patience& patience, const OnFraction& on_fraction) {
  const auto root = TRY(AptRoot::open(folder, source, patience));
  if (root.has_lists()) {
    auto fetched = fetch_once(root, folder, source, engine, patience, on_fraction);
    if (fetched || !newer_indexes_may_help(fetched.error())) return fetched;
  }
  const auto updated = root.update(patience);
  if (!updated && !root.has_lists()) return std::unexpected(updated.error());
  return fetch_once(root, folder, source, engine, patience, on_fraction);
}

}  // namespace

Result<SuiteContents> find_debian(const Folder& folder, const Source& source, const Patience& patience) {
  const auto root = TRY(AptRoot::open(folder, source, patience));
  const auto updated = root.update(patience);
  if (!updated && !root.has_lists()) return std::unexpected(updated.error());
  SuiteContents contents;
  if (const auto dropped = updated ? root.drop_outdated(patience) : Result<>{}; !dropped)
    contents.warnings.push_back(fmt::format("source {}: {}", source.name, dropped.error().message));
  if (!updated)
    contents.warnings.push_back(
        fmt::format("source {}: {}; listed is what was fetched before", source.name, updated.error().message));
  for (const auto& [package, version] : TRY(root.versions(server_packages(source), patience)))
    if (const auto id = engine_of(version))
      contents.engines.push_back({.id = *id, .source = source.name, .package_version = version});
  return contents;
}

Result<Unpacked> unpack_debian(const Folder& folder, const Source& source, const model::FoundEngine& engine,
                               const Path& target, const Patience& patience, const OnFraction& on_download,
                               const OnFraction& on_unpack) {
  auto [debs, lacking] = TRY(fetch(folder, source, engine, patience, on_download));
  system::failpoint("engine-fetched");
  // glibc opens libraries of its own (name services, the unwinder) that no ELF file names.
  const auto rest = std::ranges::stable_partition(
      debs, [](const Deb& deb) { return deb.package == "libc6" || deb.package == "libgcc-s1"; });
  const Path cache = folder.apt(source.codename) / "debs";
  Unpacked unpacked{.lacking = lacking};
  TRY(unpack({debs.begin(), rest.begin()}, cache, target, patience, {}));
  for (const auto& library : libraries_in(target)) unpacked.keep.push_back(library.filename());
  TRY(unpack({rest.begin(), rest.end()}, cache, target, patience, on_unpack));
  for (const auto& deb : debs) unpacked.packages.push_back({deb.package, deb.version, deb.sha256});
  std::ranges::sort(unpacked.packages, {}, &model::Package::name);
  system::failpoint("engine-unpacked");
  return unpacked;
}

}  // namespace pgbaton::engine
