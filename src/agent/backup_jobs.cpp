// Jobs about backups. What takes long is not done under the instance's lock: a crashed server must be started again
// meanwhile.
#include "agent/archiving.hpp"
#include "agent/held.hpp"
#include "agent/securing.hpp"
#include "backup/replay.hpp"
#include "backup/tool.hpp"
#include "postgres/configure.hpp"
#include "postgres/platform.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;

namespace {

Archiving archiving_for(const JobContext& context) {
  return {context.config, context.sources, context.deadline, context.stop};
}

backup::Run run_for(const JobContext& context, std::string_view phase) {
  return {.deadline = context.deadline, .stop = context.stop, .on_fraction = [&context, phase](double fraction) {
            context.progress(phase, fraction);
          }};
}

// What runs archives with the settings that are in its files now; whether it archives at all it decided when it
// started.
Result<bool> take_over_settings(const postgres::Spec& spec, Deadline deadline) {
  std::ignore = TRY(postgres::configure(spec));
  if (postgres::status(spec).state == postgres::InstanceState::stopped) return false;
  TRY(postgres::reload(spec));
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", deadline));
  return TRY(connection.query("SHOW archive_mode", deadline))
  .single() == "off";
}

struct Ready {
  Instance instance;
  postgres::Spec spec;
};

// Under the lock: the instance with its stanza made, as it was found or as it is now.
Result<Ready> make_archive(const JobContext& context, Instance instance) {
  const auto spec = TRY(context.instances.spec_of(instance));
  if (TRY(ensure_archiving(archiving_for(context), instance, spec)))
    std::ignore = TRY(take_over_settings(TRY(context.instances.spec_of(instance)), context.deadline));
  auto now = TRY(context.instances.spec_of(instance));
  return Ready{std::move(instance), std::move(now)};
}

}  // namespace

Result<Json> configure_backups(const JobContext& context) {
  const auto held = TRY(hold<api::ConfigureBackups>(context));
  auto instance = TRY(context.instances.find(held.parameters.instance));
  instance.backup = held.parameters.backup;
  TRY(context.journal.put(instance));
  const auto ready = TRY(make_archive(context, std::move(instance)));
  const bool needs_restart = TRY(take_over_settings(ready.spec, context.deadline));
  return Json{{"needs_restart", needs_restart}};
}

Result<Json> backup_instance(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::BackupInstance>(context.request.parameters));
  const auto instance = TRY(context.instances.find(wanted.instance));
  const auto spec = TRY(context.instances.spec_of(instance));
  const auto tool = TRY(tool_of(context.config, instance, spec));
  TRY(check_archives(spec, context.deadline));
  const auto run = run_for(context, "backup");
  TRY(back_up_patiently(tool, wanted.kind, run));
  const auto line = TRY(tool.info(tool.stanza(), run));
  if (line.sets.empty()) return base::fail(Code::failed, "the backup is not in the repository");
  return Json(line.sets.back());
}

namespace {

Result<> give_new_names(const postgres::Spec& spec, const std::string& from, const std::string& to, Deadline deadline) {
  if (from == to) return {};
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", deadline));
  const struct {
    const char* exists;
    const char* rename;
  } kinds[] = {{"SELECT 1 FROM pg_database WHERE datname = $1", "ALTER DATABASE {} RENAME TO {}"},
               {"SELECT 1 FROM pg_roles WHERE rolname = $1", "ALTER ROLE {} RENAME TO {}"}};
  for (const auto& [exists, rename] : kinds) {
    const bool is_old = !TRY(connection.query(exists, deadline, {from}))
    .empty();
    if (!is_old) continue;  // renamed already
    TRY(connection.execute(
        fmt::format(fmt::runtime(rename), connection.quote_identifier(from), connection.quote_identifier(to)),
        deadline));
  }
  return {};
}

Result<> put_restored(const JobContext& context, const api::RestoreInstance& wanted) {
  const auto& created = wanted.instance;
  if (TRY(context.journal.instance(created.instance))) return {};
  // The record first: a half-made instance must be known, or nobody would ever remove it.
  return context.journal.put(Instance{.name = created.instance,
                                      .database = context.request.database,
                                      .engine = created.engine,
                                      .memory = created.memory,
                                      .locale = created.locale,
                                      .port = created.port,
                                      .backup = created.backup});
}

}  // namespace

// The keeper leaves it alone until it is whole: only then it is wished to run.
Result<Json> restore_instance(const JobContext& context) {
  const auto held = TRY(hold<api::RestoreInstance>(context));
  const auto& wanted = held.parameters;
  TRY(put_restored(context, wanted));
  auto instance = TRY(context.instances.find(wanted.instance.instance));
  const auto before = TRY(context.instances.spec_of(instance));
  TRY(ensure_certificate(context.config, before));
  TRY(backup::install_tool(context.config.engines, context.sources, {context.deadline, context.stop}));
  api::RestoreAnswer answer{.set = wanted.source.set};
  const Stopwatch fetching;
  TRY(backup::fetch_data(before, TRY(fetch_for(context, wanted.source)), run_for(context, "fetching the backup")));
  answer.fetch_ms = fetching.elapsed_ms();
  const auto ready = TRY(make_archive(context, instance));
  const Stopwatch replaying;
  answer.stop = TRY(backup::replay(ready.spec, wanted.source, run_for(context, "replaying the log"),
                                   [&](pid_t pid) { context.instances.limit(instance, pid); }));
  answer.replay_ms = replaying.elapsed_ms();
  answer.system_identifier = TRY(system_identifier_of(ready.spec.data()));
  TRY(give_new_names(ready.spec, wanted.source.database, wanted.database, context.deadline));
  TRY(backup::finish_replay(ready.spec, context.deadline));
  std::ignore = TRY(take_over_settings(ready.spec, context.deadline));
  instance.desired = "running";
  TRY(context.journal.put(instance));
  context.instances.on_backups().wanted(instance.name);
  return Json(answer);
}

Result<Json> verify_backups(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::InstanceName>(context.request.parameters));
  const auto instance = TRY(context.instances.find(wanted.instance));
  const auto tool = TRY(tool_of(context.config, instance, TRY(context.instances.spec_of(instance))));
  api::VerifyAnswer all;
  for (const auto& stanza : TRY(contents_of(context.config).stanzas_of(instance.database, context.deadline))) {
    context.progress("reading " + stanza, 0);
    const auto one = TRY(tool.verify(stanza, {context.deadline, context.stop}));
    all.problems.insert(all.problems.end(), one.problems.begin(), one.problems.end());
    all.files += one.files;
    all.segments += one.segments;
  }
  return Json(all);
}

Result<Json> remove_backups(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::RemoveBackups>(context.request.parameters));
  TRY(context.journal.check_generation(context.request));
  const auto contents = contents_of(context.config);
  for (const auto& stanza : TRY(contents.stanzas_of(wanted.database, context.deadline)))
    TRY(contents.remove_stanza(stanza, context.deadline));
  return Json::object();
}

}  // namespace pgbaton::agent
