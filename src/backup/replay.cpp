#include "backup/replay.hpp"

#include <thread>

#include "backup/cold_base.hpp"
#include "backup/recovery.hpp"
#include "backup/spool.hpp"
#include "base/text.hpp"
#include "postgres/configure.hpp"
#include "postgres/half_made.hpp"
#include "postgres/platform.hpp"
#include "system/failpoint.hpp"

namespace pgbaton::backup {

using base::Code;
using base::Deadline;
using base::Millis;
using base::Result;
using system::Path;

namespace {

constexpr Millis kLookAgain{20};

// How much of the log there is to replay nobody knows before: a replay shows that it goes on, not how far it is.
constexpr double kReplaying = 0.5;

std::string whole_log(const postgres::Spec& spec) {
  std::string text;
  for (const auto& name : system::list_directory(spec.log()))
    text += system::read_file(spec.log() / name).value_or("") + "\n";
  return text;
}

// Those whom it lets not in yet, us among them, are told so with FATAL too.
std::string last_words(const postgres::Spec& spec) {
  std::string words;
  for (const auto& line : base::lines(whole_log(spec)))
    if (const auto at = line.find("FATAL:"); at != std::string::npos && !line.contains("the database system is "))
      words = line.substr(at);
  return words;
}

Result<> write_source_configuration(const postgres::Spec& spec, const Fetch& wanted) {
  const StanzaSettings settings{.stanza = wanted.source.stanza,
                                .repository = wanted.repository,
                                .key = wanted.source.key,
                                .data = spec.data(),
                                .socket_folder = spec.socket_folder,
                                .port = spec.port,
                                .superuser = spec.superuser};
  return system::write_file_atomic(source_configuration(spec), render_stanza(settings), 0600);
}

// The old version's line to its end, by the old version, in a place of its own; then what the upgrade made of it.
Result<> fill_from_older(const postgres::Spec& spec, const Fetch& wanted, const Path& data, const Run& run) {
  const auto& older = *wanted.source.older;
  auto old = spec;
  old.folder = spec.folder / "older";
  old.name = spec.name + "_older";
  old.data_name = "data";
  old.bindir = wanted.older_bindir;
  old.guarded = true;
  old.archive_command.reset();
  TRY(system::remove_tree(old.folder));
  TRY(system::make_directory(old.folder, 0700));
  std::error_code error;
  std::filesystem::copy(spec.tls(), old.tls(), error);
  if (error) return base::fail(Code::failed, "cannot copy {}: {}", spec.tls().string(), error.message());
  api::RestoreSource source{.stanza = older.stanza,
                            .key = wanted.source.key,
                            .set = older.set,
                            .timeline = older.timeline,
                            .at_least = older.at_least};
  TRY(fetch_data(old, {.program = wanted.program, .repository = wanted.repository, .source = source}, run));
  TRY(replay(old, source, run, {}));
  TRY(postgres::stop(old, postgres::StopMode::fast, run.deadline));
  TRY(assemble(wanted.cold_base, old.data(), data));
  return system::remove_tree(old.folder);
}

Result<> fill(const postgres::Spec& spec, const Fetch& wanted, const Path& data, const Run& run) {
  TRY(system::make_directory(data, 0700));
  TRY(write_source_configuration(spec, wanted));
  if (wanted.source.older) {
    TRY(fill_from_older(spec, wanted, data, run));
  } else {
    const auto source = TRY(Pgbackrest::open(wanted.program, source_configuration(spec)));
    TRY(source.restore(wanted.source.set, data, run));
  }
  system::failpoint("backup.restore.fetched");
  auto command = restore_command(wanted.program, source_configuration(spec), wanted.source.stanza);
  if (!wanted.own_log.empty()) command = with_log_of(command, wanted.own_log);
  command = or_give_up(with_spool(command, spool_of(wanted.repository, wanted.source.stanza)));
  const auto own = system::read_file(data / "postgresql.auto.conf").value_or("");
  TRY(system::write_file_atomic(data / "postgresql.auto.conf", own + recovery_settings(wanted.source, command), 0600));
  TRY(system::write_file_atomic(data / "recovery.signal", "", 0600));
  std::ignore = TRY(postgres::configure_in(spec, data));
  return postgres::make_durable(data);
}

Result<bool> takes_writes(const postgres::Spec& spec, Deadline deadline) {
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", deadline));
  return TRY(connection.query("SELECT pg_is_in_recovery()", deadline))
  .single() == "f";
}

Result<> wait_until_promoted(const postgres::Spec& spec, const Run& run) {
  for (;;) {
    if (const auto open = takes_writes(spec, run.deadline); open && *open) return {};
    if (postgres::status(spec).state == postgres::InstanceState::stopped)
      return base::fail({Code::failed, fmt::format("the log could not be replayed: {}", last_words(spec)),
                         "Choose an earlier time, and look at `pgbaton backups NAME --verify`."});
    if (run.stop.stop_requested()) return base::fail(Code::cancelled, "the restore was stopped");
    if (run.deadline.passed()) return base::fail(Code::timed_out, "{} is still replaying its log", spec.name);
    if (run.on_fraction) run.on_fraction(kReplaying);
    std::this_thread::sleep_for(kLookAgain);
  }
}

Result<> replay_once(const postgres::Spec& spec, const Run& run, const postgres::OnSpawn& on_spawn) {
  if (auto started = postgres::start(spec, run.deadline, on_spawn); !started) return started;
  return wait_until_promoted(spec, run);
}

constexpr std::string_view kEndedEarly = "recovery ended before configured recovery target was reached";

// Nothing was committed between the end of the log and the time: all of it is what there was then.
Result<> forget_target(const postgres::Spec& spec) {
  const auto file = spec.data() / "postgresql.auto.conf";
  std::string kept;
  for (const auto& line : base::lines(TRY(system::read_file(file))))
    if (!line.starts_with("recovery_target_time =")) kept += line + "\n";
  return system::write_file_atomic(file, kept, 0600);
}

}  // namespace

Path source_configuration(const postgres::Spec& spec) { return spec.folder / "restore.conf"; }

Result<> fetch_data(const postgres::Spec& spec, const Fetch& wanted, const Run& run) {
  TRY(system::make_directory(spec.folder, 0700));
  const auto lock = TRY(system::FileLock::acquire(spec.folder / "restore.lock", run.deadline));
  TRY(postgres::remove_unfinished(spec.folder, run.deadline));
  if (postgres::is_initialised(spec)) return {};
  const auto unfinished = postgres::unfinished_folder(spec);
  auto filled = fill(spec, wanted, unfinished, run);
  if (filled) filled = system::rename_path(unfinished, spec.data());
  if (!filled) {
    std::ignore = system::remove_tree(unfinished);  // the next attempt does it otherwise
    return base::in_context("restoring " + spec.name, std::move(filled));
  }
  return system::fsync_directory(spec.folder);
}

Result<api::StopPoint> replay(const postgres::Spec& spec, const api::RestoreSource& source, const Run& run,
                              const postgres::OnSpawn& on_spawn) {
  auto replayed = replay_once(spec, run, on_spawn);
  bool to_the_end = source.time.empty();
  if (!replayed && source.may_end_early && last_words(spec).contains(kEndedEarly)) {
    TRY(forget_target(spec));
    replayed = replay_once(spec, run, on_spawn);
    to_the_end = true;
  }
  TRY(std::move(replayed));
  const auto stop = parse_stop_point(whole_log(spec));
  if (!to_the_end || stop.position >= source.at_least) return stop;
  return base::fail({Code::corrupt,
                     fmt::format("the log of {} ends at {}, and should go on to {}", source.stanza,
                                 base::to_string(stop.position), base::to_string(source.at_least)),
                     "`pgbaton backups NAME --verify` names what is missing."});
}

Result<> finish_replay(const postgres::Spec& spec, Deadline deadline) {
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", deadline));
  for (const auto& name : recovery_setting_names()) TRY(connection.execute("ALTER SYSTEM RESET " + name, deadline));
  TRY(postgres::reload(spec));
  return system::remove_tree(source_configuration(spec));
}

}  // namespace pgbaton::backup
