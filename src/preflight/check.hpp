// Preflight of an upgrade: the table of checks and the verdict. The SQL is data: the caller runs it, read-only,
// and hands the rows back, with what it saw of disk and engines. Values in, values out; it changes nothing and asks
// nobody.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/hazard.hpp"
#include "catalog/major.hpp"
#include "model/engine.hpp"

namespace pgbaton::preflight {

/// In rising order. know: read it. act: something is to be done, before or after. stop: the upgrade is refused.
enum class Severity { know, act, stop };
PGBATON_ENUM_NAMES(Severity, {Severity::know, "know"}, {Severity::act, "act"}, {Severity::stop, "stop"})

/// Where a check's SQL runs. none: it has no SQL and looks at values of the caller.
enum class Scope { none, server, database };
PGBATON_ENUM_NAMES(Scope, {Scope::none, "none"}, {Scope::server, "server"}, {Scope::database, "database"})

struct Query {
  std::string id;
  Scope scope = Scope::server;  // server: once, in any database; database: in every one that takes connections
  std::string sql;
};
PGBATON_JSON(Query, id, scope, sql)

struct Row {
  std::string database;  // empty for Scope::server
  base::Json columns;    // name → text or null, as the agent's queries answer
};
PGBATON_JSON(Row, database, columns)

struct Finding {
  std::string check;  // the check's id; a hazard's own id for hazards
  Severity severity = Severity::know;
  std::string database;  // logical database; empty: the whole server
  std::string text;
  std::string remedy;                // empty: nothing to do
  std::vector<std::string> objects;  // what it is about, quoted as in SQL where they are objects of SQL
  std::vector<std::string>
      statements;                    // SQL for a machine to run after the upgrade: needed, and clients go on meanwhile
  std::vector<std::string> by_hand;  // SQL that a person should decide on: it locks, or may not be needed
};
PGBATON_JSON(Finding, check, severity, database, text, remedy, objects, statements, by_hand)

/// Checks whose findings the caller brings: that of `pg_upgrade --check`, and that of the restore.
inline constexpr std::string_view kPgUpgrade = "pg-upgrade";
inline constexpr std::string_view kRehearsal = "rehearsal";

/// What the caller saw. A query that has neither rows nor an error counts as not asked, which is a finding of its own.
struct Inputs {
  model::EngineId from;
  model::CollationVersions from_collation;
  model::EngineId to;
  std::optional<model::EngineRecord> target;      // the record of `to`; absent: no such engine is known
  std::optional<base::Bytes> disk_free;           // where the data directory is
  std::vector<catalog::Hazard> hazards;           // those of this upgrade: catalog::applicable
  std::map<std::string, std::vector<Row>> rows;   // by Query::id
  std::map<std::string, std::string> errors;      // by Query::id: what PostgreSQL said instead
  std::vector<catalog::MajorCheck> majors;        // those of this upgrade: catalog::checks_for; none within one major
  std::vector<catalog::ChangedDefault> defaults;  // those that this upgrade crosses
  std::optional<std::vector<Finding>> rehearsed;  // of both checks; absent: the schema's restore was not rehearsed
  std::optional<base::Bytes> needed;              // on the disk, for the new version's files
  std::string only;                               // the id of one check, to be judged alone; empty: all
  std::string not_rehearsed = "The restore of the schema was not rehearsed here; the preflight and the upgrade do it.";
  [[nodiscard]] bool wants(std::string_view id) const { return only.empty() || only == id; }
  [[nodiscard]] bool is_major() const { return from.version.major != to.version.major; }
};

/// One check of the table and what came of it.
struct Outcome {
  std::string id;
  std::string title;
  std::optional<Severity> worst;  // absent: passed
};
PGBATON_JSON(Outcome, id, title, worst)

struct Report {
  std::optional<Severity> worst;  // absent: nothing found
  std::vector<Outcome> checks;
  std::vector<Finding> findings;  // the worst first, else in the order of the checks
  [[nodiscard]] bool stops() const { return worst == Severity::stop; }
};
PGBATON_JSON(Report, worst, checks, findings)

/// A row of the table, for people.
struct Described {
  std::string id;
  std::string title;                   // what is so when it has passed
  Severity severity = Severity::know;  // of the worst that it finds
  std::string upgrades;                // those that it is about
};
PGBATON_JSON(Described, id, title, severity, upgrades)

/// The whole table: checks of every upgrade, and those of majors.
[[nodiscard]] std::vector<Described> described(const catalog::MajorFacts& facts);

/// Code::invalid_argument with all ids when `inputs.only` is none of the table; Code::refused when it is not about this
/// upgrade.
[[nodiscard]] base::Result<> check_only(const Inputs& inputs, const catalog::MajorFacts& facts);

/// What is to be asked of the old server for an upgrade with these hazards; for one check alone when that is named.
[[nodiscard]] std::vector<Query> queries(const std::vector<catalog::Hazard>& hazards,
                                         const std::vector<catalog::MajorCheck>& majors = {},
                                         std::string_view only = {});

/// Judges every check; one finding does not keep the others from being looked at.
[[nodiscard]] Report judge(const Inputs& inputs);

}  // namespace pgbaton::preflight
