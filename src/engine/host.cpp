#include "engine/host.hpp"

#include "engine/apt_text.hpp"
#include "engine/inspect.hpp"

namespace pgbaton::engine {

using system::Path;

namespace {

std::optional<model::EngineId> identify(const Path& bindir, const Patience& patience) {
  const auto version = server_version(bindir, patience);
  if (!version) return std::nullopt;
  const auto package = engine_of(version->package_version);
  return model::EngineId{version->version, package ? package->build + "+host" : "host"};
}

}  // namespace

std::vector<HostEngine> find_host(const Source& source, const Patience& patience) {
  std::vector<HostEngine> found;
  for (const auto& name : system::list_directory(source.path)) {
    const Path bindir = Path{source.path} / name / "bin";
    if (!std::filesystem::exists(bindir / "postgres")) continue;  // only the client's programs
    if (auto id = identify(bindir, patience)) found.push_back({std::move(*id), bindir});
  }
  return found;
}

bool is_host(const model::EngineId& id) { return id.build == "host" || id.build.ends_with("+host"); }

bool is_still(const model::EngineId& id, const Path& bindir, const Patience& patience) {
  return identify(bindir, patience) == id;
}

}  // namespace pgbaton::engine
