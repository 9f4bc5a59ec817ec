// Jobs about one instance. Each holds the instance's lock.
#include "agent/archiving.hpp"
#include "agent/held.hpp"
#include "postgres/configure.hpp"
#include "postgres/control_data.hpp"
#include "postgres/extension.hpp"
#include "postgres/platform.hpp"
#include "system/clock.hpp"
#include "system/log.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;

namespace {

// A fast stop waits for what cannot be interrupted: an archiver, a walsender. Past this the server is stopped at once,
// and recovers from its log at the next start: nothing that was committed is lost either way.
constexpr Millis kFastStop{std::chrono::minutes{2}};

int count_sessions(const postgres::Spec& spec) {
  auto connection = postgres::connect_as_platform(spec, "postgres", Deadline::after(std::chrono::seconds{5}));
  if (!connection) return 0;
  const auto rows = connection->query(
      "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
      Deadline::after(std::chrono::seconds{5}));
  return rows ? std::atoi(rows->single().c_str()) : 0;
}

Result<> run_statement(const postgres::Spec& spec, const api::Statement& statement, Deadline deadline) {
  auto connection = TRY(postgres::connect_as_platform(spec, statement.database, deadline));
  return connection.execute(statement.sql, deadline);
}

// Before its first start, so that nothing is missing in the repository. A database that cannot be backed up now is
// still a database: `backup` and the next start try again.
Result<> archive_from_the_start(const JobContext& context, const Instance& instance, const postgres::Spec& spec) {
  const auto made = ensure_archiving({context.config, context.sources, context.deadline, context.stop}, instance, spec);
  if (!made)
    system::log_error("the log is not archived", {{"instance", instance.name}, {"error", made.error().message}});
  if (made && *made) std::ignore = TRY(postgres::configure(TRY(context.instances.spec_of(instance))));
  return {};
}

}  // namespace

Result<> stop_within(const postgres::Spec& spec, Deadline deadline) {
  auto stopped = postgres::stop(spec, postgres::StopMode::fast, deadline.within(kFastStop));
  if (stopped || stopped.error().code != Code::timed_out) return stopped;
  system::log_warning("a fast stop took too long: stopped at once, the next start recovers", {{"instance", spec.name}});
  return postgres::stop(spec, postgres::StopMode::immediate, deadline);
}

Result<Json> create_instance(const JobContext& context) {
  const auto held = TRY(hold<api::CreateInstance>(context));
  const auto& wanted = held.parameters;
  const Instance instance{.name = wanted.instance,
                          .database = context.request.database,
                          .engine = wanted.engine,
                          .memory = wanted.memory,
                          .locale = wanted.locale,
                          .port = wanted.port,
                          .backup = wanted.backup};
  // The record first: a half-made instance must be known, or nobody would ever remove it.
  TRY(context.journal.put(instance));
  const auto spec = TRY(context.instances.spec_of(instance));
  TRY(ensure_certificate(context.config, spec));
  TRY(postgres::initialise(spec, context.deadline));
  TRY(archive_from_the_start(context, instance, spec));
  return Json::object();
}

Result<Json> start_instance(const JobContext& context) {
  const auto held = TRY(hold<api::StartInstance>(context));
  auto instance = TRY(context.instances.find(held.parameters.instance));
  const Stopwatch watch;
  const auto before = instance;
  instance.engine = held.parameters.engine;
  if (!held.parameters.data.empty()) instance.data = held.parameters.data;
  instance.guarded = held.parameters.guarded;
  instance.desired = "running";
  instance.fenced.reset();
  const auto spec = TRY(context.instances.spec_of(instance));
  if (before.desired == "stopped" && postgres::is_half_cut_off(spec)) TRY(postgres::cut_off(spec, context.deadline));
  if (instance.engine != before.engine || instance.data != before.data || instance.guarded != before.guarded)
    TRY(postgres::configure(spec));
  TRY(archive_from_the_start(context, instance, spec));
  // The wish is kept before it is carried out: whoever dies from here on, the keeper goes on with this engine.
  TRY(context.journal.put(instance));
  context.instances.leases().grant(instance.name);
  if (auto started = context.instances.start(instance, context.deadline); !started) {
    // What does not start must not be tried for ever behind the back of whoever decides what comes next.
    instance.desired = "stopped";
    TRY(context.journal.put(instance));
    return std::unexpected(started.error());
  }
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", context.deadline));
  return Json(api::StartAnswer{model::to_string(connection.server_version()), watch.elapsed_ms()});
}

Result<Json> stop_instance(const JobContext& context) {
  const auto held = TRY(hold<api::StopInstance>(context));
  auto instance = TRY(context.instances.find(held.parameters.instance));
  const auto spec = TRY(context.instances.spec_of(instance));
  instance.desired = "stopped";
  TRY(context.journal.put(instance));
  api::StopAnswer answer{.sessions = count_sessions(spec), .stopped_at = system::timestamp()};
  const Stopwatch watch;
  TRY(stop_within(spec, context.deadline));
  answer.duration_ms = watch.elapsed_ms();
  const auto control = TRY(postgres::control_data(spec.bindir, spec.data(), context.deadline));
  answer.shutdown_checkpoint = control.checkpoint;
  answer.system_identifier = control.system_identifier;
  answer.timeline = control.timeline;
  return Json(answer);
}

Result<Json> resize_instance(const JobContext& context) {
  const auto held = TRY(hold<api::ResizeInstance>(context));
  auto instance = TRY(context.instances.find(held.parameters.instance));
  instance.memory = held.parameters.memory;
  TRY(context.journal.put(instance));
  TRY(postgres::configure(TRY(context.instances.spec_of(instance))));
  return Json::object();
}

Result<Json> checkpoint_instance(const JobContext& context) {
  const auto held = TRY(hold<api::InstanceName>(context));
  const auto spec = TRY(context.instances.spec_of(TRY(context.instances.find(held.parameters.instance))));
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", context.deadline));
  TRY(connection.execute("CHECKPOINT", context.deadline));
  return Json::object();
}

Result<Json> provision_instance(const JobContext& context) {
  const auto held = TRY(hold<api::ProvisionInstance>(context));
  const auto& wanted = held.parameters;
  const auto spec = TRY(context.instances.spec_of(TRY(context.instances.find(wanted.instance))));
  TRY(postgres::provision(spec, {wanted.database, wanted.owner, wanted.password}, context.deadline));
  return Json::object();
}

Result<Json> update_extensions(const JobContext& context) {
  const auto held = TRY(hold<api::InstanceName>(context));
  const auto spec = TRY(context.instances.spec_of(TRY(context.instances.find(held.parameters.instance))));
  return Json(TRY(postgres::update_extensions(spec, context.deadline)));
}

// Not under the instance's lock: a REINDEX may take hours, and a crashed server must be started again meanwhile.
Result<Json> run_statements(const JobContext& context) {
  auto wanted = TRY(base::convert<api::RunStatements>(context.request.parameters));
  const auto spec = TRY(context.instances.spec_of(TRY(context.instances.find(wanted.instance))));
  for (std::size_t at = 0; at < wanted.statements.size() && !context.stop.stop_requested(); ++at) {
    auto& statement = wanted.statements[at];
    context.progress(statement.about, static_cast<double>(at) / static_cast<double>(wanted.statements.size()));
    if (auto outcome = run_statement(spec, statement, context.deadline); !outcome)
      statement.error = outcome.error().message;
  }
  return Json(wanted);
}

Result<Json> destroy_instance(const JobContext& context) {
  const auto held = TRY(hold<api::InstanceName>(context));
  auto instance = context.instances.find(held.parameters.instance);
  if (!instance) return Json::object();  // destroyed already
  instance->desired = "stopped";
  TRY(context.journal.put(*instance));
  context.instances.on_backups().leave(instance->name);
  TRY(context.instances.destroy(*instance, context.deadline));
  return Json::object();
}

}  // namespace pgbaton::agent
