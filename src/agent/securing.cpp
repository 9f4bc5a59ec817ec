// Jobs that make sure of what can be restored, before something is done that somebody may want to undo.
#include "agent/securing.hpp"

#include <thread>

#include "agent/archiving.hpp"
#include "agent/held.hpp"
#include "backup/safety.hpp"
#include "postgres/platform.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;

namespace {

constexpr Millis kArchivedYet{20};
// A repository that takes nothing now is not waited for with an upgrade.
constexpr Millis kArchiving{std::chrono::minutes{1}};
constexpr base::Bytes kSegmentSize{std::int64_t{16} << 20};

}  // namespace

Result<> check_archives(const postgres::Spec& spec, Deadline deadline) {
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", deadline));
  if (TRY(connection.query("SHOW archive_mode", deadline)).single() != "off") return {};
  return base::fail(
      {Code::refused, fmt::format("{} was started before it kept backups", spec.name),
       "It archives its log from its next start on: an upgrade, a switchover or a change of plan is one."});
}

// A replay that is to stop at a time needs a commit to stop before.
Result<api::SecureAnswer> secure(const JobContext& context, const Instance& instance, const postgres::Spec& spec,
                                 Deadline deadline) {
  auto connection = TRY(postgres::connect_as_platform(spec, "postgres", deadline));
  const auto committed =
      TRY(connection.query("SELECT extract(epoch FROM clock_timestamp()), pg_current_xact_id()", deadline));
  const auto switched = TRY(connection.query("SELECT lsn, pg_walfile_name(lsn) FROM pg_switch_wal() AS lsn", deadline));
  const auto ready = fmt::format("pg_wal/archive_status/{}.ready", switched.rows.at(0)[1].value_or(""));
  while (TRY(connection.query("SELECT (pg_stat_file($1, true)).size IS NOT NULL", deadline, {ready})).single() == "t") {
    if (context.stop.stop_requested()) return base::fail(Code::cancelled, "asked to stop");
    if (deadline.passed())
      return base::fail({Code::timed_out, "the log does not get into the repository",
                         fmt::format("`pgbaton backups {}` says why.", instance.database)});
    std::this_thread::sleep_for(kArchivedYet);
  }
  const auto millis = static_cast<std::int64_t>(std::atof(committed.rows.at(0)[0].value_or("0").c_str()) * 1000);
  return api::SecureAnswer{.position = base::parse_lsn(switched.rows.at(0)[0].value_or("")).value_or(base::Lsn{}),
                           .time = base::to_rfc3339(base::WallTime{Millis{millis}})};
}

Result<Json> secure_log(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::InstanceName>(context.request.parameters));
  const auto instance = TRY(context.instances.find(wanted.instance));
  const auto spec = TRY(context.instances.spec_of(instance));
  TRY(check_archives(spec, context.deadline));
  return Json(TRY(secure(context, instance, spec, context.deadline)));
}

namespace {

struct Look {
  api::SafetyAnswer answer;
  std::optional<std::string> why_not;
};

Result<Look> look_at_safety(const JobContext& context, const Instance& instance, const postgres::Spec& spec,
                            const backup::Pgbackrest& tool) {
  const backup::Run run{.deadline = context.deadline, .stop = context.stop};
  Look look;
  look.answer.secured = TRY(secure(context, instance, spec, context.deadline.within(kArchiving)));
  const auto line = TRY(tool.info(tool.stanza(), run));
  look.why_not =
      backup::why_unsafe(line.sets, TRY(tool.archived(tool.stanza(), run)), look.answer.secured.position, kSegmentSize);
  if (!line.sets.empty()) look.answer.set = line.sets.back().label;
  if (!look.why_not && !TRY(tool.has_set(look.answer.set, run)))
    look.why_not = fmt::format("the base backup {} is not in the repository any more", look.answer.set);
  return look;
}

Result<Json> make_safe(const JobContext& context, const Instance& instance) {
  const auto spec = TRY(context.instances.spec_of(instance));
  const auto tool = TRY(tool_of(context.config, instance, spec));
  TRY(check_archives(spec, context.deadline));
  auto look = TRY(look_at_safety(context, instance, spec, tool));
  if (look.why_not) {
    const backup::Run run{context.deadline, context.stop,
                          [&context](double fraction) { context.progress("backup", fraction); }};
    TRY(backup::back_up_patiently(tool, api::BackupKind::incremental, run));
    const auto reason = *look.why_not;
    look = TRY(look_at_safety(context, instance, spec, tool));
    look.answer.taken_because = reason;
  }
  if (!look.why_not) return Json(look.answer);
  return base::fail(Code::refused, "{}", *look.why_not);
}

}  // namespace

// Nothing was changed when there is none: whatever went wrong, the caller is refused, and may ask again.
Result<Json> make_safety_point(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::InstanceName>(context.request.parameters));
  const auto instance = TRY(context.instances.find(wanted.instance));
  auto made = make_safe(context, instance);
  if (made || made.error().code == Code::cancelled) return made;
  return base::fail({Code::refused, "there is no backup that restores up to now: " + made.error().message,
                     fmt::format("`pgbaton backups {0}` and `pgbaton backups {0} --verify` say what is there; mend the "
                                 "repository, or take a new one: pgbaton backup {0} --full --wait",
                                 instance.database)});
}

}  // namespace pgbaton::agent
