#include "server/engines.hpp"

#include "catalog/build_order.hpp"
#include "system/clock.hpp"
#include "system/random.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::EngineRecord;
using model::EngineState;

namespace {

constexpr auto kSyncedKey = "settings/engines-synced";

bool is_hosts_own(const EngineRecord& engine) { return engine.id.build.ends_with("+host"); }

// Newer last; of one version the host's own first: it changes under us with the host's updates.
bool older(const EngineRecord& left, const EngineRecord& right) {
  if (left.id.version != right.id.version) return left.id.version < right.id.version;
  if (is_hosts_own(left) != is_hosts_own(right)) return is_hosts_own(left);
  return catalog::compare_engines(left.id, right.id) < 0;
}

Result<bool> matches(const EngineRecord& engine, const std::string& version) {
  if (version.find('-') != std::string::npos) return engine.id == TRY(model::parse_engine_id(version));
  return TRY(model::parse_version_request(version))
  .matches(engine.id.version);
}

// What the catalog knows of engines after the agent's answer. What was known before keeps its state and history.
std::vector<store::Write> merge(std::vector<Document<EngineRecord>> known, const api::SyncAnswer& answer) {
  std::map<model::EngineId, Document<EngineRecord>> all;
  for (auto& document : known) all[document.value.id] = std::move(document);
  for (auto& [id, document] : all) document.value.manifest.reset();
  for (const auto& found : answer.found) {
    auto& document = all[found.id];
    document.value.id = found.id;
    document.value.source = found.source;
    document.value.package_version = found.package_version;
  }
  for (const auto& manifest : answer.installed) {
    auto& document = all[manifest.id];
    document.value.id = manifest.id;
    document.value.source = manifest.source;
    document.value.manifest = manifest;
  }
  std::vector<store::Write> writes;
  for (const auto& [id, document] : all) writes.push_back(put(document.value, document.revision));
  return writes;
}

}  // namespace

Result<> Engines::sync() {
  const api::JobRequest request{.id = "sync-" + system::random_id(), .kind = api::JobKind::sync_engines};
  const auto answer = TRY(base::convert<api::SyncAnswer>(TRY(shop_.agents.local().run(request, {}))));
  auto& store = shop_.records.store();
  auto writes = merge(TRY(store::list_as<EngineRecord>(store, "engines/")), answer);
  writes.push_back({kSyncedKey, Json{{"at", system::timestamp()}, {"warnings", answer.warnings}}, {}});
  TRY(store.commit(writes));
  return {};
}

Json Engines::row(const EngineRecord& engine, const std::vector<Document<model::Database>>& databases) {
  Json used = Json::array();
  for (const auto& document : databases)
    if (document.value.engine == engine.id) used.push_back(document.value.name);
  const auto* major = catalog::find_major(shop_.catalog.releases, engine.id.version.major);
  return {{"version", model::to_string(engine.id.version)},
          {"major", engine.id.version.major},
          {"build", engine.id.build},
          {"id", engine.id},
          {"source", engine.source},
          {"state", engine.state},
          {"installed", engine.installed()},
          {"released", model::is_released(engine.state)},
          {"end_of_life", major == nullptr || major->end_of_life.empty() ? Json{} : Json(major->end_of_life)},
          {"changelog", catalog::notes_link(shop_.catalog.releases, engine.id.version)},
          {"size_bytes", engine.manifest ? Json(engine.manifest->size) : Json{}},
          {"collation", engine.manifest ? Json(engine.manifest->collation) : Json{}},
          {"extensions", engine.manifest ? Json(engine.manifest->extensions) : Json{}},
          {"used_by", used},
          {"qualifications", engine.qualifications}};
}

Result<Json> Engines::list() {
  auto engines = TRY(shop_.records.engines());
  std::ranges::sort(engines, older);
  const auto databases = TRY(shop_.records.databases());
  Json rows = Json::array();
  for (const auto& engine : engines) rows.push_back(row(engine, databases));
  const auto synced = TRY(shop_.records.store().get(kSyncedKey));
  return Json{{"engines", rows},
              {"synced_at", synced ? synced->value.at("at") : Json{}},
              {"warnings", synced ? synced->value.at("warnings") : Json::array()}};
}

Result<Json> Engines::view(const model::EngineId& id) {
  return row(TRY(shop_.records.engine(id)).value, TRY(shop_.records.databases()));
}

Result<EngineRecord> Engines::resolve(const std::string& version, Need need) {
  std::optional<EngineRecord> best;
  for (auto& engine : TRY(shop_.records.engines())) {
    if (!TRY(matches(engine, version)) || (need == Need::installed && !engine.installed())) continue;
    if (!best || older(*best, engine)) best = std::move(engine);
  }
  if (best) return *best;
  if (need == Need::installed)
    return base::fail({Code::not_found, fmt::format("no engine {} is installed", version),
                       fmt::format("Install it: pgbaton engines install {}", version)});
  return base::fail({Code::not_found, fmt::format("no source has an engine {}", version),
                     "`pgbaton engines list` shows what there is; sources are in sources.toml."});
}

Result<std::optional<model::Operation>> Engines::install(const std::string& version) {
  TRY(matches(EngineRecord{}, version));  // whether these words are a version at all
  auto engine = resolve(version, Need::any);
  if (!engine) {
    TRY(sync());
    engine = resolve(version, Need::any);
  }
  if (!engine) return std::unexpected(engine.error());
  if (engine->installed() && engine->state != EngineState::found) return std::nullopt;
  const model::FoundEngine found{engine->id, engine->source, engine->package_version};
  return TRY(operations_.begin(
      *engine,
      {.runbook = runbooks::kInstallEngine, .to = model::to_string(engine->id), .request = {{"found", found}}}));
}

Result<model::Operation> Engines::qualify(const std::string& version, const std::string& level) {
  if (level != "short" && level != "long")
    return base::fail(
        {Code::invalid_argument, fmt::format("there is no qualification \"{}\"", level), "It is short or long."});
  const auto engine = TRY(resolve(version, Need::installed));
  return operations_.begin(
      engine, {.runbook = runbooks::kQualifyEngine, .to = model::to_string(engine.id), .request = {{"level", level}}});
}

Result<Json> Engines::move_to(const std::string& version, EngineState state) {
  const auto engine = TRY(resolve(version, Need::installed));
  const auto document = TRY(shop_.records.engine(engine.id));
  auto changed = document.value;
  changed.state = state;
  std::vector<store::Write> writes{put(changed, document.revision)};
  if (state == EngineState::default_)  // there is one default at most
    for (const auto& other : TRY(store::list_as<EngineRecord>(shop_.records.store(), "engines/"))) {
      if (other.value.state != EngineState::default_ || other.value.id == engine.id) continue;
      auto former = other.value;
      former.state = EngineState::available;
      writes.push_back(put(former, other.revision));
    }
  TRY(shop_.records.store().commit(writes));
  return view(engine.id);
}

Result<Json> Engines::release(const std::string& version, Default as_default) {
  const auto engine = TRY(resolve(version, Need::installed));
  // The newest comes first: what passed once and fails now is not offered.
  if (engine.qualifications.empty() || !engine.qualifications.front().passed)
    return base::fail({Code::refused,
                       fmt::format("engine {} has not passed its last qualification", model::to_string(engine.id)),
                       fmt::format("Run it: pgbaton engines qualify {}", version)});
  return move_to(version, as_default == Default::yes ? EngineState::default_ : EngineState::available);
}

Result<Json> Engines::withdraw(const std::string& version) {
  const auto row = TRY(move_to(version, EngineState::withdrawn));
  return Json{{"engine", row}, {"used_by", row.at("used_by")}};
}

}  // namespace pgbaton::server
