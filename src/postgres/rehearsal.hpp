// The schema rehearsal of a major-upgrade: `pg_upgrade --check` never runs the dump and the restore, so many databases
// pass it and fail when the old server is down already. Here the real schema and the real roles and settings are
// restored into a scratch cluster of the target, whose server starts with the translated configuration. Before that,
// while it is still empty, pg_upgrade's own check looks at both (live_check.hpp).
//
// The live server is only read, with tools that hold ACCESS SHARE locks on the tables for a moment.
#pragma once

#include <functional>
#include <stop_token>

#include "base/names.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// fails: the upgrade would fail on it. unknown: it could not be rehearsed. extension: it has no way to the target's
/// version by itself. refused: `pg_upgrade --check` complains. unchecked: it gave no answer.
enum class Rehearsed { fails, unknown, extension, refused, unchecked };
PGBATON_ENUM_NAMES(Rehearsed, {Rehearsed::fails, "fails"}, {Rehearsed::unknown, "unknown"},
                   {Rehearsed::extension, "extension"}, {Rehearsed::refused, "refused"},
                   {Rehearsed::unchecked, "unchecked"})

struct RehearsalFinding {
  Rehearsed kind = Rehearsed::fails;
  std::string database;            // empty: roles, settings and what else belongs to the whole cluster
  std::string object;              // as pg_restore names it: "VIEW public busy"
  std::string cause;               // PostgreSQL's words
  std::vector<std::string> lines;  // of the list that pg_upgrade wrote to its complaint
};
PGBATON_JSON(RehearsalFinding, kind, database, object, cause, lines)

struct Rehearsal {
  Spec live;     // runs
  Spec scratch;  // fitted_to() it, of the target's engine, in a folder of its own with a TLS certificate; the caller
                 // removes it
  std::string configuration;  // postgresql.auto.conf for the target, translated
};

/// Every finding, not only the first. An error means that nothing could be found out.
[[nodiscard]] base::Result<std::vector<RehearsalFinding>> rehearse(
    const Rehearsal& rehearsal, base::Deadline deadline, const std::stop_token& stop,
    const std::function<void(std::string_view phase, double fraction)>& progress);

/// What pg_restore or psql said on standard error, taken apart. Pure.
[[nodiscard]] std::vector<RehearsalFinding> findings_in(std::string_view said, const std::string& database,
                                                        std::string_view superuser);

}  // namespace pgbaton::postgres
