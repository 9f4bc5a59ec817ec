// Engines: installed, qualified, released.
#include "catalog/offers.hpp"
#include "runbooks/runbook.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::Json;
using base::Millis;
using base::Result;
using model::EngineState;
using model::Impact;

Result<> install(Context& context) {
  const auto found = TRY(base::convert<model::FoundEngine>(context.operation.request.at("found")));
  const auto manifest = TRY(context.host_job(api::JobKind::install_engine, Json(api::InstallEngine{found})));
  context.engine->manifest = TRY(base::convert<model::EngineManifest>(manifest));
  return {};
}

// The minor before this one of the same major, installed and not withdrawn: what databases will come from.
std::optional<model::EngineId> previous_minor(const Context& context) {
  std::optional<model::EngineId> best;
  for (const auto& engine : context.engines) {
    const bool usable = engine.installed() && engine.state != EngineState::withdrawn;
    const bool earlier =
        engine.id.version.major == context.engine->id.version.major && engine.id.version < context.engine->id.version;
    if (usable && earlier && (!best || *best < engine.id)) best = engine.id;
  }
  return best;
}

Result<> qualify(Context& context) {
  const auto level = context.operation.request.value("level", "short");
  const auto result = TRY(base::convert<model::Qualification>(TRY(context.host_job(
      api::JobKind::qualify_engine,
      Json(api::QualifyEngine{.engine = context.engine->id, .previous = previous_minor(context), .level = level})))));
  constexpr std::size_t kKept = 10;
  auto& kept = context.engine->qualifications;
  kept.insert(kept.begin(), result);
  if (kept.size() > kKept) kept.resize(kKept);
  context.facts["qualification"] = result;
  if (result.passed) {
    if (context.engine->state == EngineState::found) context.engine->state = EngineState::qualified;
    return {};
  }
  return base::fail(
      {Code::refused,
       fmt::format("engine {} did not pass its qualification: {}: {}", model::to_string(context.engine->id),
                   result.checks.back().name, result.checks.back().detail),
       fmt::format("It is not offered. The whole log is in {}.", result.log)});
}

Result<> release(Context& context) {
  if (!context.auto_release) {
    context.note("Not released: this installation's settings leave that to a person (pgbaton engines release).");
    return {};
  }
  if (context.engine->state == EngineState::qualified) context.engine->state = EngineState::available;
  return {};
}

constexpr Step kInstallSteps[] = {
    {{"install", "The packages are fetched, verified, unpacked, relocated and tried.", Impact::none, Millis{15'000}},
     nullptr,
     install,
     nullptr},
    {{"qualify", "The engine is qualified on data that is thrown away.", Impact::none, Millis{8'000}},
     nullptr,
     qualify,
     nullptr},
    {{"release", "The engine is released: databases may be created on it and upgraded to it.", Impact::none, Millis{1}},
     nullptr,
     release,
     nullptr},
};

constexpr Step kQualifySteps[] = {
    {{"qualify", "The engine is qualified on data that is thrown away.", Impact::none, Millis{60'000}},
     nullptr,
     qualify,
     nullptr},
};

}  // namespace

const Runbook kInstallEngine{"install-engine", "An engine is installed", model::DatabaseState::running, Fate::stays,
                             kInstallSteps};
const Runbook kQualifyEngine{"qualify-engine", "An engine is qualified", model::DatabaseState::running, Fate::stays,
                             kQualifySteps};

}  // namespace pgbaton::runbooks
