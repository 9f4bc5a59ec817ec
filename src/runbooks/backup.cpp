// A base backup of a database that runs, and the proof that what the repository has is whole.
#include "base/text.hpp"
#include "runbooks/place.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::Json;
using base::Millis;
using base::Result;
using model::Impact;

// Of all nodes: whichever is the primary tomorrow archives on.
Result<> configure_nodes(Context& context) {
  const auto settings = backup_settings(*context.database);
  if (!settings) return base::fail(Code::failed, "the database has no key for its backups");
  for (const auto& node : context.database->nodes) {
    const auto answer =
        TRY(context.job_on(node, api::JobKind::configure_backups, Json(api::ConfigureBackups{node.name, *settings})));
    if (!answer.value("needs_restart", false)) continue;
    context.note(fmt::format("{} archives its log from its next start on.", node.name));
  }
  return {};
}

Result<> take_backup(Context& context) {
  const auto kind =
      context.operation.request.value("full", false) ? api::BackupKind::full : api::BackupKind::incremental;
  context.facts["backup"] =
      TRY(context.job(api::JobKind::backup_instance, Json(api::BackupInstance{context.instance(), kind})));
  return {};
}

Result<> secure_present(Context& context) {
  context.facts["secured"] = TRY(context.job(api::JobKind::secure_log, Json(api::InstanceName{context.instance()})));
  context.facts["certificate"] = {{"backup", context.operation.facts.at("backup")},
                                  {"restorable_until", context.facts["secured"].at("time")}};
  return {};
}

Result<> read_repository(Context& context) {
  const auto answer = TRY(base::convert<api::VerifyAnswer>(
      TRY(context.job(api::JobKind::verify_backups, Json(api::InstanceName{context.instance()})))));
  context.facts["verified"] = answer;
  for (const auto& problem : answer.problems) context.note("Damaged: " + problem + ".");
  if (answer.problems.empty()) return {};
  return base::fail(
      {Code::corrupt, "the repository is damaged: " + base::join(answer.problems, "; "),
       fmt::format("What is named cannot be restored any more. A new full backup makes every later moment "
                   "restorable: pgbaton backup {} --full",
                   context.database->name)});
}

constexpr Step kBackupSteps[] = {
    {{"configure", "Every node knows how to get its log into the repository.", Impact::none, Millis{100}},
     nullptr,
     configure_nodes,
     nullptr},
    {{"backup", "The database's files are copied to the repository, compressed and encrypted.", Impact::degraded,
      Millis{2000}},
     nullptr,
     take_backup,
     nullptr},
    {{"secure", "What is committed until now is in the repository too.", Impact::none, Millis{200}},
     nullptr,
     secure_present,
     nullptr},
};

constexpr Step kVerifySteps[] = {
    {{"read", "Everything that the repository has of the database is read, and its checksums are compared.",
      Impact::degraded, Millis{2000}},
     nullptr,
     read_repository,
     nullptr},
};

}  // namespace

const Runbook kBackup{"backup", "A base backup", model::DatabaseState::running, Fate::stays, kBackupSteps};
const Runbook kVerifyBackups{"verify-backups", "The backups are verified", model::DatabaseState::running, Fate::stays,
                             kVerifySteps};

}  // namespace pgbaton::runbooks
