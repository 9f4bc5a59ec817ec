// Jobs about one of several nodes. What must hold after a death anywhere is in the journal before it is done.
#include <csignal>

#include "agent/archiving.hpp"
#include "agent/held.hpp"
#include "agent/rejoining.hpp"
#include "base/text.hpp"
#include "postgres/configure.hpp"
#include "postgres/platform.hpp"
#include "postgres/process.hpp"
#include "postgres/replication.hpp"
#include "postgres/standby.hpp"
#include "system/log.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;

namespace {

constexpr Millis kLookAgain{2};
constexpr Millis kPatience{50};  // the keeper looks for a moment, now and then
constexpr Millis kHeirPatience{std::chrono::seconds{5}};

// A standby's slots and role wait for its promotion: there they come from its primary, or would keep log for nobody.
Result<> configure_running(const postgres::Spec& spec, api::ConfigureReplicationAnswer& answer, Deadline deadline) {
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", deadline));
  const auto listens = TRY(connection.query("SHOW listen_addresses", deadline))
  .single();
  answer.needs_restart = listens != base::join(spec.listen_addresses, ",");
  if (TRY(connection.query("SELECT pg_is_in_recovery()", deadline)).single() == "f") {
    TRY(postgres::ensure_replication_role(connection, spec.replication->password, deadline));
    TRY(postgres::ensure_slots(connection, spec.replication->slots, postgres::Reserve::now, deadline));
  }
  return postgres::reload(spec);  // a walsender takes a setting that names slots only when they are there
}

// Whoever holds the lock may be starting it, or waiting for a recovery of hours. Killed, it tells its starter so.
Result<std::unique_lock<std::mutex>> lock_by_force(const JobContext& context, const std::string& name) {
  const auto patience = Deadline::after(kPatience);
  for (;; std::this_thread::sleep_for(kLookAgain)) {
    if (auto lock = context.instances.try_lock(name)) return lock;
    if (!patience.passed()) continue;
    const auto instance = TRY(context.instances.find(name));
    const auto spec = TRY(context.instances.spec_of(instance));
    TRY(context.journal.check_generation(context.request));
    if (const auto postmaster = postgres::find_postmaster(spec.data())) TRY(postmaster->process.signal(SIGQUIT));
    if (context.deadline.passed()) return base::fail(Code::busy, "another job works on {} and does not end", name);
  }
}

}  // namespace

Result<Json> configure_replication(const JobContext& context) {
  const auto held = TRY(hold<api::ConfigureReplication>(context));
  auto instance = TRY(context.instances.find(held.parameters.instance));
  const auto before = instance.replication.value_or(api::ReplicationSettings{}).synchronous;
  instance.replication = held.parameters.replication;
  if (held.parameters.keeps_synchronous) instance.replication->synchronous = before;
  if (!postgres::is_standby(TRY(context.instances.spec_of(instance)))) instance.upstream.reset();
  if (instance.upstream) instance.upstream->password = instance.replication->password;
  TRY(context.journal.put(instance));
  const auto spec = TRY(context.instances.spec_of(instance));
  TRY(postgres::configure(spec));
  api::ConfigureReplicationAnswer answer;
  if (postgres::status(spec).state != postgres::InstanceState::stopped)
    TRY(configure_running(spec, answer, context.deadline));
  return Json(answer);
}

Result<Json> create_standby(const JobContext& context) {
  const auto held = TRY(hold<api::CreateStandby>(context));
  const auto& wanted = held.parameters.instance;
  auto instance = TRY(context.journal.instance(wanted.instance))
  .value_or(Instance{.name = wanted.instance,
                     .database = context.request.database,
                     .engine = wanted.engine,
                     .memory = wanted.memory,
                     .locale = wanted.locale,
                     .port = wanted.port,
                     .backup = wanted.backup});
  instance.replication = held.parameters.replication;
  instance.upstream = held.parameters.upstream;
  // The record first: a half-made instance must be known, or nobody would ever remove it.
  TRY(context.journal.put(instance));
  const auto spec = TRY(context.instances.spec_of(instance));
  TRY(ensure_certificate(context.config, spec));
  TRY(postgres::create_standby(spec, context.deadline, context.stop, context.progress));
  const auto made = ensure_archiving({context.config, context.sources, context.deadline, context.stop}, instance, spec);
  if (made && *made) std::ignore = TRY(postgres::configure(TRY(context.instances.spec_of(instance))));
  return Json::object();
}

Result<Json> ready_instance(const JobContext& context) {
  const auto held = TRY(hold<api::InstanceName>(context));
  const auto spec = TRY(context.instances.spec_of(TRY(context.instances.find(held.parameters.instance))));
  return Json(TRY(postgres::make_ready(spec, context.deadline)));
}

Result<Json> promote_instance(const JobContext& context) {
  const auto held = TRY(hold<api::PromoteInstance>(context));
  const auto instance = TRY(context.instances.find(held.parameters.instance));
  const auto spec = TRY(context.instances.spec_of(instance));
  context.instances.leases().grant(instance.name);
  const auto promoted = TRY(postgres::promote(spec, held.parameters.at_least, context.deadline));
  // A line whose first backup ended with its primary gets another one now.
  context.instances.on_backups().wanted(instance.name);
  return Json(promoted);
}

Result<Json> detach_instance(const JobContext& context) {
  const auto held = TRY(hold<api::InstanceName>(context));
  auto instance = TRY(context.instances.find(held.parameters.instance));
  instance.detached = true;
  TRY(context.journal.put(instance));
  const auto spec = TRY(context.instances.spec_of(instance));
  TRY(postgres::configure(spec));
  TRY(postgres::reload(spec));
  TRY(postgres::wait_until_detached(spec, context.deadline));
  return Json::object();
}

namespace {

// Who died while cutting it off cannot say whether a session went on meanwhile: then nobody knows its end.
Result<> end_half_cut_off(const JobContext& context, Instance& instance, const postgres::Spec& spec) {
  if (instance.desired != "stopped" || !postgres::is_half_cut_off(spec)) return {};
  instance.fenced.reset();
  TRY(context.journal.put(instance));
  return postgres::cut_off(spec, context.deadline);
}

// The answer is kept together with the wish, before anything is done: who asks again finds it stopped, and where.
Result<Json> fence_for_heir(const JobContext& context) {
  const auto held = TRY(hold<api::FenceInstance>(context));
  const Stopwatch watch;
  auto instance = TRY(context.instances.find(held.parameters.instance));
  const auto spec = TRY(context.instances.spec_of(instance));
  TRY(end_half_cut_off(context, instance, spec));
  api::FenceAnswer answer;
  if (postgres::status(spec).state == postgres::InstanceState::stopped && instance.desired == "stopped") {
    answer.end = instance.fenced;
  } else {
    answer.end = TRY(postgres::await_heir(spec, held.parameters.heir, context.deadline.within(kHeirPatience)));
  }
  if (!answer.end)
    return base::fail({Code::failed,
                       fmt::format("{} is stopped, and nobody knows whether {} has all of its log", instance.name,
                                   held.parameters.heir),
                       "It is started again."});
  answer.waited_ms = watch.elapsed_ms();
  instance.desired = "stopped";
  instance.fenced = answer.end;
  TRY(context.journal.put(instance));
  TRY(postgres::cut_off(spec, context.deadline));
  answer.duration_ms = watch.elapsed_ms();
  return Json(answer);
}

}  // namespace

Result<Json> fence_instance(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::FenceInstance>(context.request.parameters));
  if (!wanted.heir.empty()) return fence_for_heir(context);
  const Stopwatch watch;
  const auto lock = TRY(lock_by_force(context, wanted.instance));
  TRY(context.journal.check_generation(context.request));
  auto instance = TRY(context.instances.find(wanted.instance));
  // Kept before it is done: the keeper would start it again.
  instance.desired = "stopped";
  instance.fenced.reset();
  TRY(context.journal.put(instance));
  TRY(postgres::stop(TRY(context.instances.spec_of(instance)), postgres::StopMode::immediate, context.deadline));
  return Json(api::FenceAnswer{.duration_ms = watch.elapsed_ms()});
}

namespace {

// As a primary it must archive from its first moment on: what was finished before that would be in no archive. A
// repository that is not there now does not keep a standby away; the keeper goes on trying.
void archive_from_now_on(const JobContext& context, const Instance& instance) {
  const auto configured = [&]() -> Result<> {
    const auto before = TRY(context.instances.spec_of(instance));
    if (!TRY(ensure_archiving({context.config, context.sources, context.deadline, context.stop}, instance, before)))
      return {};
    const auto spec = TRY(context.instances.spec_of(instance));
    std::ignore = TRY(postgres::configure(spec));
    return postgres::reload(spec);
  }();
  if (!configured)
    system::log_warning("a standby does not archive yet",
                        {{"instance", instance.name}, {"error", configured.error().message}});
}

// What is left stays as it is, at rest. The keeper must start it no more before it is known which one counts.
Result<> leave_data(const JobContext& context, Instance& instance, const std::string& data) {
  if (!data.starts_with("data") || data.contains('/'))
    return base::fail(Code::invalid_argument, "\"{}\" cannot be a data directory", data);
  instance.desired = "stopped";
  TRY(context.journal.put(instance));
  TRY(stop_within(TRY(context.instances.spec_of(instance)), context.deadline));
  instance.data = data;
  return {};
}

}  // namespace

Result<Json> rejoin_instance(const JobContext& context) {
  const auto held = TRY(hold<api::RejoinInstance>(context));
  const auto& wanted = held.parameters;
  const Stopwatch watch;
  auto instance = TRY(context.instances.find(wanted.instance));
  if (!wanted.data.empty() && wanted.data != instance.data) TRY(leave_data(context, instance, wanted.data));
  instance.engine = wanted.engine;
  instance.upstream = wanted.upstream;
  instance.replication = wanted.replication;
  instance.detached = false;
  instance.fenced.reset();
  const auto spec = TRY(context.instances.spec_of(instance));
  Rejoining rejoining{context, instance, spec};
  TRY(rejoining.check());
  TRY(context.journal.put(instance));
  const auto done = TRY(rejoining.run());
  archive_from_now_on(context, instance);
  return Json(api::RejoinAnswer{std::string{to_string(done.method)}, done.reason, watch.elapsed_ms(), done.tail});
}

}  // namespace pgbaton::agent
