#include <algorithm>

#include "base/text.hpp"
#include "engine/debian.hpp"
#include "engine/engine.hpp"
#include "engine/host.hpp"
#include "engine/inspect.hpp"
#include "engine/relocate.hpp"
#include "engine/trial.hpp"
#include "system/clock.hpp"
#include "system/failpoint.hpp"
#include "system/log.hpp"

namespace pgbaton::engine {

using base::Code;
using base::Result;
using system::Path;

namespace {

// The phases with their shares of the time that an install takes, measured.
struct Phase {
  std::string_view text;
  double begins;
  double ends;
};
constexpr Phase kFetch{"downloading", 0.0, 0.2};
constexpr Phase kUnpack{"unpacking", 0.2, 0.6};
constexpr Phase kRelocate{"relocating", 0.6, 0.7};
constexpr Phase kTest{"testing", 0.7, 0.8};
constexpr Phase kPublish{"publishing", 0.8, 1.0};

struct Job {
  const Folder& folder;
  const Source& source;
  const model::FoundEngine& engine;
  const Patience& patience;
  const OnProgress& on_progress;

  void enter(Phase phase) const { within(phase)(0); }
  OnFraction within(Phase phase) const {
    return [this, phase](double fraction) {
      if (on_progress) on_progress(phase.text, phase.begins + fraction * (phase.ends - phase.begins));
    };
  }
};

Result<const Source*> source_of(const std::vector<Source>& sources, const model::FoundEngine& engine) {
  const auto source = std::ranges::find(sources, engine.source, &Source::name);
  if (source != sources.end()) return &*source;
  return base::fail({Code::not_found, fmt::format("there is no engine source named \"{}\"", engine.source),
                     "The file of engine sources names those there are."});
}

// These words came over the network, and go into file names and to apt.
Result<> check_request(const Source& source, const model::FoundEngine& engine) {
  const bool fits =
      source.kind == SourceKind::host ? is_host(engine.id) : engine_of(engine.package_version) == engine.id;
  if (fits && is_package_version("0" + engine.id.build)) return {};
  return base::fail(Code::invalid_argument, "\"{}\" is not the engine {} of source {}", engine.package_version,
                    model::to_string(engine.id), source.name);
}

Result<> describe(model::EngineManifest& manifest, const Path& bindir, const Patience& patience) {
  const auto version = TRY(server_version(bindir, patience))
  .version;
  if (version != manifest.id.version)
    return base::fail(Code::corrupt, "the package of {} holds PostgreSQL {}", model::to_string(manifest.id),
                      model::to_string(version));
  manifest.collation = TRY(collation_versions(bindir, patience));
  manifest.extensions = extensions_in(TRY(share_folder(bindir, version.major)));
  manifest.installed_at = system::timestamp();
  return {};
}

Result<model::EngineManifest> make_debian(const Job& job, const Path& tree) {
  const auto& id = job.engine.id;
  job.enter(kFetch);
  const auto unpacked = TRY(unpack_debian(job.folder, job.source, job.engine, tree / "unpacked", job.patience,
                                          job.within(kFetch), job.within(kUnpack)));
  if (!unpacked.lacking.empty())
    system::log_warning("the suite does not have all extensions wanted",
                        {{"engine", model::to_string(id)}, {"lacking", unpacked.lacking}});
  job.enter(kRelocate);
  TRY(lay_out(tree / "unpacked", tree, id.version.major));
  TRY(relocate(tree, id.version.major, unpacked.keep, job.patience));
  const auto place = Path{"lib/postgresql"} / std::to_string(id.version.major) / "bin";
  model::EngineManifest manifest{.id = id, .source = job.source.name, .packages = unpacked.packages};
  TRY(describe(manifest, tree / place, job.patience));
  job.enter(kTest);
  TRY(trial(tree / place, id.version, tree / "self-test", job.patience));
  manifest.bindir = job.folder.link(id) / place;
  manifest.size = system::tree_size(tree);
  return manifest;
}

Result<model::EngineManifest> make_host(const Job& job, const Path& tree) {
  const auto& id = job.engine.id;
  const auto engines = find_host(job.source, job.patience);
  const auto engine = std::ranges::find(engines, id, &HostEngine::id);
  if (engine == engines.end())
    return base::fail({Code::not_found, fmt::format("{} has no engine {} now", job.source.path, model::to_string(id)),
                       "`pgbaton engines sync` asks the sources what they have now."});
  model::EngineManifest manifest{.id = id, .source = job.source.name, .bindir = engine->bindir};
  TRY(describe(manifest, engine->bindir, job.patience));
  job.enter(kTest);
  TRY(trial(engine->bindir, id.version, tree / "self-test", job.patience));
  manifest.size = system::tree_size(engine->bindir.parent_path());
  return manifest;
}

Result<model::EngineManifest> make(const Job& job) {
  auto tree = TRY(Tree::create(job.folder, job.engine.id));
  const auto manifest =
      TRY(job.source.kind == SourceKind::host ? make_host(job, tree.path()) : make_debian(job, tree.path()));
  job.enter(kPublish);
  system::failpoint("engine-publish");
  TRY(std::move(tree).publish(job.folder, manifest));
  system::log_info("engine installed", {{"engine", model::to_string(manifest.id)}, {"bytes", manifest.size.count}});
  return manifest;
}

std::optional<model::EngineManifest> usable(const Folder& folder, const model::EngineId& id, const Patience& patience) {
  auto manifest = published(folder, id);
  if (manifest && is_host(id) && !is_still(id, manifest->bindir, patience)) return std::nullopt;
  return manifest;
}

}  // namespace

Result<model::EngineManifest> install(const Folder& wanted, const std::vector<Source>& sources,
                                      const model::FoundEngine& engine, base::Deadline deadline, std::stop_token stop,
                                      const OnProgress& on_progress) {
  const auto* source = TRY(source_of(sources, engine));
  TRY(check_request(*source, engine));
  const auto folder = TRY(prepare(wanted));
  const Patience patience{deadline, std::move(stop)};
  if (auto there = usable(folder, engine.id, patience)) return *there;  // before the lock: a reader needs none
  const auto lock = TRY(lock_engine(folder, engine.id, patience));
  if (auto there = usable(folder, engine.id, patience)) return *there;
  sweep(folder, &engine.id);
  return base::in_context(fmt::format("installing engine {}", model::to_string(engine.id)),
                          make({folder, *source, engine, patience, on_progress}));
}

std::vector<model::EngineManifest> installed(const Folder& folder) {
  const Patience patience{base::Deadline::after(std::chrono::seconds{10}), {}};
  std::vector<model::EngineManifest> manifests;
  for (const auto& name : system::list_directory(folder.root)) {
    const auto id = model::parse_engine_id(name);
    auto manifest = id ? usable(folder, *id, patience) : std::nullopt;
    if (manifest) manifests.push_back(std::move(*manifest));
  }
  std::ranges::sort(manifests, {}, &model::EngineManifest::id);
  return manifests;
}

Result<> remove(const Folder& wanted, const model::EngineId& id) {
  const auto folder = TRY(prepare(wanted));
  const auto lock = TRY(lock_engine(folder, id, {base::Deadline::after(std::chrono::seconds{60}), {}}));
  std::error_code error;
  const auto tree = std::filesystem::read_symlink(folder.link(id), error).filename();
  if (error)
    return base::fail({Code::not_found, fmt::format("engine {} is not installed", model::to_string(id)),
                       "`pgbaton engines list` shows those that are."});
  TRY(system::remove_tree(folder.link(id)));  // the link: from here on nobody finds the engine
  TRY(system::fsync_directory(folder.root));
  return system::remove_tree(folder.trees() / tree);
}

}  // namespace pgbaton::engine
