#include "postgres/rehearsal.hpp"

#include <fmt/format.h>

#include "postgres/instance.hpp"
#include "postgres/live_check.hpp"
#include "postgres/platform.hpp"
#include "system/child.hpp"
#include "system/failpoint.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Deadline;
using base::Result;
using system::Path;

// pg_dump locks all tables of a database at once, and the lock table is everybody's: no more than this share of it.
constexpr auto kTablesAndLocks =
    "SELECT (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p')) AS tables, "
    "current_setting('max_locks_per_transaction')::bigint * "
    "(1 + (SELECT sum(setting::bigint) FROM pg_settings WHERE name IN ('max_connections', 'autovacuum_max_workers', "
    "'max_worker_processes', "
    "'max_wal_senders', 'max_prepared_transactions'))) / 2 AS room";
constexpr auto kWithoutWay =
    "SELECT 1 FROM pg_available_extensions a WHERE a.name = $1 AND a.default_version <> $2 AND NOT EXISTS "
    "(SELECT 1 FROM pg_extension_update_paths($1::name) p WHERE p.source = $2 AND p.target = a.default_version AND "
    "p.path IS NOT NULL)";

class Run {
 public:
  Run(const Rehearsal& rehearsal, Deadline deadline, const std::stop_token& stop)
      : live_(rehearsal.live), scratch_(rehearsal.scratch), deadline_(deadline), stop_(stop) {}

  Result<> globals() {
    const auto file = scratch_.folder / "globals.sql";
    const auto dumped =
        TRY(tool("pg_dumpall", live_, {"--globals-only", "--no-tablespaces", "--file=" + file.string()}));
    if (dumped.status != 0) return add({Rehearsed::unknown, "", "roles and settings", dumped.tail(3), {}});
    const auto restored = TRY(tool(
        "psql", scratch_, {"--no-psqlrc", "--quiet", "--echo-errors", "--dbname=postgres", "--file=" + file.string()}));
    return add_all(findings_in(restored.err, "", scratch_.superuser));
  }

  Result<> database(const std::string& name) {
    if (!TRY(has_room(name))) return {};
    const auto file = scratch_.folder / "schema.dump";
    std::vector<std::string> options{"--format=custom",    "--schema-only",           "--no-tablespaces",
                                     "--no-subscriptions", "--lock-wait-timeout=10s", "--file=" + file.string()};
    const bool own = name != "postgres" && name != "template1";
    if (own) options.emplace_back("--create");
    options.push_back(connection_to(name));
    const auto dumped = TRY(tool("pg_dump", live_, options));
    if (dumped.status != 0) return add({Rehearsed::unknown, name, "the whole schema", dumped.tail(3), {}});
    std::vector<std::string> into{own ? "--dbname=postgres" : "--dbname=" + name, "--no-tablespaces"};
    if (own) into.emplace_back("--create");
    into.push_back(file.string());
    const auto restored = TRY(tool("pg_restore", scratch_, into));
    return add_all(findings_in(restored.err, name, scratch_.superuser));
  }

  Result<> extensions(const std::string& name) {
    auto live = TRY(connect_as_platform(live_, name, deadline_));
    auto scratch = TRY(connect_as_platform(scratch_, "postgres", deadline_));
    for (const auto& row : TRY(live.query("SELECT extname, extversion FROM pg_extension", deadline_)).rows)
      if (!TRY(scratch.query(kWithoutWay, deadline_, {row[0], row[1]})).empty())
        TRY(add({Rehearsed::extension,
                 name,
                 row[0].value_or(""),
                 fmt::format("there is no way from version {} to the one of the target", row[1].value_or("")),
                 {}}));
    return {};
  }

  Result<> views(const std::string& name) {
    auto scratch = connect_as_platform(scratch_, name, deadline_);
    if (!scratch) return {};  // the restore of the database has failed, which is known
    const auto views = TRY(scratch->query(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'm'",
        deadline_));
    for (const auto& row : views.rows)
      if (auto made = scratch->execute("REFRESH MATERIALIZED VIEW " + row[0].value_or(""), deadline_); !made)
        TRY(add(
            {Rehearsed::fails, name, "REFRESH MATERIALIZED VIEW " + row[0].value_or(""), made.error().message, {}}));
    return {};
  }

  Result<> add(RehearsalFinding finding) {
    constexpr std::size_t kMost = 500;
    if (findings_.size() < kMost) findings_.push_back(std::move(finding));
    return {};
  }
  Result<> add_all(std::vector<RehearsalFinding> found) {
    for (auto& finding : found) TRY(add(std::move(finding)));
    return {};
  }
  [[nodiscard]] std::vector<RehearsalFinding> take() && { return std::move(findings_); }

 private:
  // Names of databases may hold anything: as a connection string nothing of them is taken for something else.
  static std::string connection_to(const std::string& name) {
    std::string quoted;
    for (const char c : name) quoted += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
    return "dbname='" + quoted + "'";
  }

  Result<bool> has_room(const std::string& name) {
    auto live = TRY(connect_as_platform(live_, name, deadline_));
    const auto answer = TRY(live.query(kTablesAndLocks, deadline_));
    const auto tables = std::atoll(answer.rows[0][0].value_or("0").c_str());
    if (tables <= std::atoll(answer.rows[0][1].value_or("0").c_str())) return true;
    TRY(add({Rehearsed::unknown,
             name,
             "the whole schema",
             fmt::format("its {} tables are more than may be locked at once while clients work "
                         "(max_locks_per_transaction); the upgrade itself makes room for them",
                         tables),
             {}}));
    return false;
  }

  Result<system::Output> tool(const char* program, const Spec& server, std::vector<std::string> options) {
    std::vector<std::string> argv{scratch_.program(program).string(), "--host=" + server.socket_folder.string(),
                                  fmt::format("--port={}", server.port), "--username=" + server.superuser};
    argv.insert(argv.end(), std::make_move_iterator(options.begin()), std::make_move_iterator(options.end()));
    return system::run({.argv = std::move(argv),
                        .environment = {"LC_ALL=C", "PGDATABASE", "PGSSLMODE=disable", "PGSERVICE",
                                        "PGOPTIONS=-c statement_timeout=0 -c default_transaction_read_only=off"},
                        .directory = scratch_.folder},
                       deadline_, stop_);
  }

  const Spec& live_;
  const Spec& scratch_;
  Deadline deadline_;
  const std::stop_token& stop_;
  std::vector<RehearsalFinding> findings_;
};

Result<> make_scratch(const Rehearsal& rehearsal, Deadline deadline) {
  TRY(initialise(rehearsal.scratch, deadline));
  // Nothing of it has to survive.
  const auto text = rehearsal.configuration + "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n";
  return system::write_file_atomic(rehearsal.scratch.data() / "postgresql.auto.conf", text, 0600);
}

// pg_upgrade that does not get its own server started says so, and the start below says why.
Result<> start_scratch(const Rehearsal& rehearsal, Deadline deadline, std::vector<RehearsalFinding>& findings) {
  const auto started = start(rehearsal.scratch, deadline);
  if (started) return {};
  std::erase_if(findings, [](const auto& finding) { return finding.kind == Rehearsed::unchecked; });
  findings.push_back({Rehearsed::fails, "", "the configuration, or the target's server", started.error().message, {}});
  return started;
}

std::vector<RehearsalFinding> what_pg_upgrade_says(const Rehearsal& rehearsal, Deadline deadline,
                                                   const std::stop_token& stop) {
  auto found = check_live(rehearsal.live, rehearsal.scratch, deadline, stop);
  if (found) return std::move(*found);
  return {{Rehearsed::unchecked, "", "", found.error().message, {}}};
}

}  // namespace

Result<std::vector<RehearsalFinding>> rehearse(const Rehearsal& rehearsal, Deadline deadline,
                                               const std::stop_token& stop,
                                               const std::function<void(std::string_view, double)>& progress) {
  progress("a scratch cluster of the target is made", 0);
  TRY(make_scratch(rehearsal, deadline));
  progress("pg_upgrade --check", 0);
  auto checked = what_pg_upgrade_says(rehearsal, deadline, stop);
  if (!start_scratch(rehearsal, deadline, checked)) return checked;
  system::failpoint("postgres.rehearsal.started");
  Run run{rehearsal, deadline, stop};
  TRY(run.add_all(std::move(checked)));
  TRY(run.globals());
  const auto databases = TRY(databases_of(rehearsal.live, deadline));
  for (std::size_t at = 0; at < databases.size(); ++at) {
    progress("the schema of " + databases[at], static_cast<double>(at + 1) / static_cast<double>(databases.size() + 1));
    TRY(run.database(databases[at]));
    TRY(run.extensions(databases[at]));
    TRY(run.views(databases[at]));
  }
  return std::move(run).take();
}

}  // namespace pgbaton::postgres
