// Jobs of a major-upgrade. Which data directory counts is one fact of the instance's record, written together with its
// engine: whoever dies anywhere, the keeper starts the one that counts, or none.
#include "agent/archiving.hpp"
#include "agent/configuration.hpp"
#include "agent/held.hpp"
#include "api/major.hpp"
#include "backup/cold_base.hpp"
#include "postgres/configure.hpp"
#include "postgres/control_data.hpp"
#include "postgres/conversion.hpp"
#include "postgres/digest.hpp"
#include "postgres/platform.hpp"
#include "postgres/statistics.hpp"
#include "system/log.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Json;
using base::Millis;
using base::Result;

namespace {

Result<postgres::Spec> spec_with(const JobContext& context, Instance instance, const model::EngineId& engine,
                                 const std::string& data) {
  instance.engine = engine;
  instance.data = data;
  instance.guarded = true;
  return context.instances.spec_of(instance);
}

Result<postgres::Conversion> conversion_of(const JobContext& context, const Instance& instance,
                                           const api::MajorTarget& wanted) {
  if (wanted.data == wanted.from_data || wanted.data.empty() || wanted.data.contains('/'))
    return base::fail(Code::invalid_argument, "\"{}\" cannot be the target's data directory", wanted.data);
  postgres::Conversion conversion{.transfer = wanted.transfer};
  conversion.from = TRY(spec_with(context, instance, wanted.from_engine, wanted.from_data));
  conversion.to = TRY(spec_with(context, instance, wanted.engine, wanted.data));
  conversion.configuration = TRY(
      translated_configuration(conversion.from.data(), wanted.from_engine.version.major, wanted.engine.version.major));
  return conversion;
}

// What would be initialised, converted or removed must not be what serves clients.
Result<> check_counts(const Instance& instance, const std::string& data) {
  if (instance.data == data) return {};
  return base::fail(Code::refused, "the data directory of {} is {}, not {}", instance.name, instance.data, data);
}

// Without it the first moments of the new version could not be restored: no reason to fail.
void keep_base(const Instance& instance, const postgres::Conversion& conversion, const std::string& identifier) {
  if (!instance.backup || conversion.transfer != model::Transfer::link) return;
  const auto kept = backup::keep_cold_base(conversion.from.data(), conversion.to.data(),
                                           cold_base_of(conversion.from.folder, identifier));
  if (!kept)
    system::log_warning("what is written before the first base backup cannot be restored",
                        {{"instance", instance.name}, {"error", kept.error().message}});
}

}  // namespace

Result<Json> prepare_target(const JobContext& context) {
  const auto held = TRY(hold<api::MajorTarget>(context));
  const auto instance = TRY(context.instances.find(held.parameters.instance));
  TRY(check_counts(instance, held.parameters.from_data));
  TRY(postgres::prepare_target(TRY(conversion_of(context, instance, held.parameters)), context.deadline));
  return Json::object();
}

Result<Json> convert_instance(const JobContext& context) {
  const auto held = TRY(hold<api::MajorTarget>(context));
  const auto& wanted = held.parameters;
  const auto instance = TRY(context.instances.find(wanted.instance));
  TRY(check_counts(instance, wanted.from_data));
  if (instance.desired != "stopped")
    return base::fail(Code::refused, "{} is not stopped: pg_upgrade works on data at rest", instance.name);
  const auto conversion = TRY(conversion_of(context, instance, wanted));
  const Stopwatch watch;
  constexpr double kPhases = 40;  // about as many as pg_upgrade has
  double phase = 0;
  const auto on_phase = [&](std::string_view text) {
    phase = std::min(phase + 1, kPhases - 1);
    context.progress(text, phase / kPhases);
  };
  const auto deadline = wanted.budget_ms > 0 ? context.deadline.within(Millis{wanted.budget_ms}) : context.deadline;
  auto converted = postgres::convert(conversion, deadline, context.stop, on_phase);
  if (!converted && converted.error().code == Code::timed_out)
    return base::fail({Code::timed_out, "pg_upgrade did not end within what --max-stall left for it",
                       "Give it more time with --max-stall, or upgrade when there is less in the database."});
  if (!converted) return std::unexpected(converted.error());
  const auto control = TRY(postgres::control_data(conversion.to.bindir, conversion.to.data(), context.deadline));
  keep_base(instance, conversion, control.system_identifier);
  return Json(api::ConvertAnswer{control.system_identifier, wanted.transfer, watch.elapsed_ms(), converted->phases});
}

Result<Json> take_back_instance(const JobContext& context) {
  const auto held = TRY(hold<api::MajorTarget>(context));
  const auto& wanted = held.parameters;
  auto instance = TRY(context.instances.find(wanted.instance));
  const auto conversion = TRY(conversion_of(context, instance, wanted));
  // First the keeper must not start again what is ended here. The switch comes last: until the old directory is whole,
  // it is not the one that counts.
  instance.desired = "stopped";
  TRY(context.journal.put(instance));
  TRY(postgres::take_back(conversion, context.deadline));
  instance.engine = wanted.from_engine;
  instance.data = wanted.from_data;
  instance.guarded = false;
  TRY(context.journal.put(instance));
  return Json::object();
}

Result<Json> remove_data(const JobContext& context) {
  const auto held = TRY(hold<api::RemoveData>(context));
  const auto& wanted = held.parameters;
  const auto instance = TRY(context.instances.find(wanted.instance));
  if (instance.data == wanted.data || !wanted.data.starts_with("data"))
    return base::fail(Code::refused, "{} is the data directory of {}: it is not removed", wanted.data, instance.name);
  const auto spec = TRY(spec_with(context, instance, instance.engine, wanted.data));
  TRY(postgres::remove_data(spec, wanted.major, context.deadline));
  return Json::object();
}

Result<Json> open_instance(const JobContext& context) {
  const auto held = TRY(hold<api::InstanceName>(context));
  auto instance = TRY(context.instances.find(held.parameters.instance));
  instance.guarded = false;
  TRY(context.journal.put(instance));
  const auto spec = TRY(context.instances.spec_of(instance));
  std::ignore = TRY(postgres::configure(spec));
  TRY(postgres::reload_and_wait(spec, context.deadline));
  context.instances.on_backups().wanted(instance.name);
  return Json::object();
}

Result<Json> digest_instance(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::DigestInstance>(context.request.parameters));
  const auto spec = TRY(context.instances.spec_of(TRY(context.instances.find(wanted.instance))));
  if (wanted.before.is_object()) {
    const auto before = TRY(base::convert<postgres::Digests>(wanted.before));
    return Json(TRY(postgres::digest_again(spec, before, context.deadline)));
  }
  const auto scope = wanted.whole ? postgres::DigestScope::whole : postgres::DigestScope::sample;
  return Json(TRY(postgres::digest_tables(spec, scope, Millis{wanted.budget_ms}, context.deadline)));
}

// Not under the instance's lock: it takes long, and a crashed server must be started again meanwhile.
Result<Json> analyze_instance(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::AnalyzeInstance>(context.request.parameters));
  const auto spec = TRY(context.instances.spec_of(TRY(context.instances.find(wanted.instance))));
  api::AnalyzeAnswer answer;
  const Stopwatch watch;
  for (const auto& [database, name] : wanted.first) {
    if (context.stop.stop_requested()) break;
    context.progress(fmt::format("ANALYZE {}", name),
                     static_cast<double>(answer.first) / static_cast<double>(2 * wanted.first.size()));
    const auto done = postgres::analyze_table(spec, database, name, context.deadline);
    if (!done) answer.problems.push_back(done.error().message);
    ++answer.first;
  }
  answer.first_ms = watch.elapsed_ms();
  context.progress("ANALYZE of everything", 0.5);
  if (auto rest = postgres::analyze_all(spec, context.deadline, context.stop); !rest)
    answer.problems.push_back(rest.error().message);
  answer.duration_ms = watch.elapsed_ms();
  return Json(answer);
}

}  // namespace pgbaton::agent
