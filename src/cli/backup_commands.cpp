#include "cli/backup_commands.hpp"

#include "base/text.hpp"
#include "cli/follow.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "model/database.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;

namespace {

std::string text_of(const Json& json, const char* part, const char* field) {
  const auto there = part_at(json, part);
  return there.is_object() ? text_at(there, field) : std::string{};
}

void declare_backup(Declaration& declaration) {
  declaration.name();
  declaration.flag("--full", &Options::full, "Copy everything, also what has not changed since the last backup");
  declaration.flag("--incremental", &Options::incremental, "Copy what has changed since the last one; usual");
  declaration.wait();
}

Result<int> run_backup(const Options& options, const Context& context) {
  if (options.full && options.incremental)
    return base::fail({Code::invalid_argument, "a backup is either full or incremental",
                       "Leave out one of --full and --incremental."});
  const auto path = TRY(database_path(options.name, "/backups"));
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post(path, {{"full", options.full}}));
  const auto success = [&](const model::Operation& operation) {
    const auto backup = part_at(operation.facts, "backup");
    return fmt::format("{} is backed up: {}, {} new in the repository. Restorable until {}.\n", options.name,
                       text_at(backup, "label"), size_text(number_at(backup, "stored")),
                       text_of(operation.facts, "secured", "time"));
  };
  return report(api, answer, options.wait ? Wait::yes : Wait::no, success, context);
}

void declare_backups(Declaration& declaration) {
  declaration.name();
  declaration.flag("--verify", &Options::verify, "Read all of it and compare checksums first; waits for the end");
}

Result<> verify(const Options& options, const Api& api, const Context& context) {
  const auto path = TRY(database_path(options.name, "/backups/verify"));
  const auto begun = TRY(api.post(path));
  const auto followed = follow_all(api, {{options.name, text_at(begun, "id")}}, Detail::bar, context.console);
  const auto ended = TRY(read_operation(TRY(followed.front())));
  if (ended.state != model::OperationState::finished) return std::unexpected(failure(ended));
  if (context.console.json) return {};
  const auto verified = part_at(ended.facts, "verified");
  context.console.out << fmt::format("All of it is whole: {} files, {} segments of the log.\n\n",
                                     number_at(verified, "files"), number_at(verified, "segments"));
  return {};
}

Result<int> run_backups(const Options& options, const Context& context) {
  const auto path = TRY(database_path(options.name, "/backups"));
  const auto api = TRY(Api::find(options, context.environment));
  if (options.verify) TRY(verify(options, api, context));
  const auto answer = TRY(api.get(path));
  if (options.json)
    context.console.print(answer);
  else
    context.console.out << backups_text(answer, context.console);
  return 0;
}

void declare_restore(Declaration& declaration) {
  declaration.name();
  declaration.required_text("--to", "TIME", &Options::to,
                            "The moment, like 2026-11-22T17:20:03Z; `backups` shows which");
  declaration.text("--as", "NEW", &Options::as, "Make a new database of this name; without it NAME itself goes back");
  declaration.flag("--end-sessions", &Options::end_sessions,
                   "In place: end sessions that cannot be carried over, or whose transactions stay open too long");
  declaration.text("--max-stall", "TIME", &Options::max_stall,
                   "In place: how long open transactions are waited for while all other clients wait; 5s unless said");
  declaration.wait();
}

Result<int> run_restore(const Options& options, const Context& context) {
  const auto path = TRY(database_path(options.name, "/restore"));
  TRY(base::parse_rfc3339(options.to));
  Json request{{"to", options.to}};
  if (!options.as.empty()) {
    TRY(model::check_database_name(options.as));
    request["as"] = options.as;
  }
  if (options.end_sessions) request["end_sessions"] = true;
  if (!options.max_stall.empty()) request["max_stall_ms"] = TRY(base::parse_duration(options.max_stall))
  .count();
  const auto api = TRY(Api::find(options, context.environment));
  const auto answer = TRY(api.post(path, request));
  const auto success = [&](const model::Operation& operation) {
    const auto stop = part_at(part_at(operation.facts, "restore"), "stop");
    const auto name = options.as.empty() ? options.name : options.as;
    return fmt::format(
        "{} is as {} was at {}: the last transaction is of {}. `pgbaton url {}` prints how to connect.\n", name,
        options.name, options.to, text_at(stop, "last_commit"), name);
  };
  return report(api, answer, options.wait ? Wait::yes : Wait::no, success, context);
}

constexpr std::string_view kBackups = "Backups";

}  // namespace

std::string backups_text(const Json& answer, const Console& console) {
  Table table{{{"LABEL"}, {"KIND"}, {"ENDED"}, {"POSTGRESQL"}, {"SIZE", Align::right}, {"STORED", Align::right}, {""}}};
  for (const auto& backup : part_at(answer, "backups"))
    table.add({text_at(backup, "label"),
               text_at(backup, "kind"),
               short_time(text_at(backup, "stopped_at")),
               text_at(backup, "major"),
               size_text(number_at(backup, "size_bytes")),
               size_text(number_at(backup, "stored_bytes")),
               {flag_at(backup, "damaged_pages") ? "pages were damaged" : "", Paint::bad}});
  const auto problem = text_at(answer, "problem");
  const auto none = problem.empty() ? "There is no backup yet.\n" : "";  // or it is not known
  std::string text = table.empty() ? none : table.render(console);
  const auto spans = part_at(part_at(answer, "window"), "spans");
  for (const auto& span : spans)
    text += fmt::format("{}Every moment from {} to {} can be restored (PostgreSQL {}).\n", text.empty() ? "" : "\n",
                        text_at(span, "from"), text_at(span, "to"), text_at(span, "major"));
  const auto state = text_of(answer, "archiving", "state");
  const auto tail = part_at(part_at(answer, "archiving"), "tail");
  if (tail.is_object() && text_at(tail, "state") == "streaming")
    text += fmt::format("The log is streamed, {} ms behind.\n", number_at(tail, "lag_ms"));
  if (!problem.empty())
    text += fmt::format("The repository cannot be read now, {}: {}.\n",
                        table.empty() ? "what it has is not known" : "this is as it was before", problem);
  if (state == "on") return text;
  if (state == "failing" && text_of(answer, "archiving", "last_failure").empty())
    return text + fmt::format("The log waits until its place in the repository is made: {} segments.\n",
                              text_of(answer, "archiving", "waiting_segments"));
  return text + (state == "failing"
                     ? fmt::format("The log does not get into the repository: segment {} failed, {} wait.\n",
                                   text_of(answer, "archiving", "last_failure"),
                                   text_of(answer, "archiving", "waiting_segments"))
                     : "The log is not archived: only the moments of base backups could be restored.\n");
}

std::vector<Command> backup_commands() {
  return {
      {kBackups,
       "backup",
       "NAME [--full|--incremental] [--wait]",
       "Take a base backup now",
       "pgbaton takes one by itself each day, a full one each week. Clients go on meanwhile.",
       {{"pgbaton backup shop --wait", ""}},
       declare_backup,
       run_backup},
      {kBackups,
       "backups",
       "NAME [--verify]",
       "The backups there are, and which moments can be restored",
       "With --verify everything is read and its checksums are compared: exit status 5 names what is damaged.",
       {{"pgbaton backups shop", ""}},
       declare_backups,
       run_backups},
      {kBackups,
       "restore",
       "NAME --to TIME [--as NEW] [--end-sessions] [--max-stall TIME] [--wait]",
       "Bring a database back as it was at a moment",
       "With --as it becomes a new database beside NAME, with a password and backups of its own. Without, NAME itself "
       "goes back; what it is now is kept for `pgbaton revert`. A time that cannot be restored is refused, with those "
       "that can.",
       {{"pgbaton restore shop --to 2026-11-22T17:20:03Z --as shop_before --wait", ""}},
       declare_restore,
       run_restore},
  };
}

}  // namespace pgbaton::cli
