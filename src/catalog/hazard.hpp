// Hazards: what a minor release asks to be done after it. catalog/hazards.toml as values, and which of them an upgrade
// meets. Made once at start, never changed. Runs no SQL: it hands the SQL out and turns rows into statements.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/names.hpp"
#include "model/version.hpp"

namespace pgbaton::catalog {

enum class HazardKind { reindex, analyze, setting, script, verify };
PGBATON_ENUM_NAMES(HazardKind, {HazardKind::reindex, "reindex"}, {HazardKind::analyze, "analyze"},
                   {HazardKind::setting, "setting"}, {HazardKind::script, "script"}, {HazardKind::verify, "verify"})

/// Whether the query finds what is damaged, or what may be: mostly the catalogs do not record what would tell.
enum class Finds { affected, candidates };
PGBATON_ENUM_NAMES(Finds, {Finds::affected, "affected"}, {Finds::candidates, "candidates"})

struct Hazard {
  std::string id;
  std::vector<model::Version> fixed_in;  // one per major that has the fault
  std::string title;
  HazardKind kind = HazardKind::verify;
  Finds finds = Finds::candidates;
  bool online = true;      // the action lets clients read and write meanwhile
  std::string applies_if;  // SQL for one logical database; a row per object: schema, name, what, maybe action
  std::string action;      // a statement with {object}, or words
  std::string text;
};
PGBATON_JSON(Hazard, id, fixed_in, title, kind, finds, online, applies_if, action, text)

/// One row that `applies_if` brought.
struct HazardObject {
  std::string schema;  // empty: not an object of a schema
  std::string name;
  std::string what;
  std::string action;  // empty: the hazard's own
};
PGBATON_JSON(HazardObject, schema, name, what, action)

/// Reads hazards.toml and puts its fragments into the SQL. Errors name the line.
[[nodiscard]] base::Result<std::vector<Hazard>> parse_hazards(std::string_view toml);

/// Whether data that lived under `from` still has it and `to` is the first to have the fix.
[[nodiscard]] bool applies(const Hazard& hazard, model::Version from, model::Version to);
[[nodiscard]] std::vector<Hazard> applicable(const std::vector<Hazard>& hazards, model::Version from,
                                             model::Version to);

/// "public"."my index", quoted as PostgreSQL wants it; only the name where there is no schema.
[[nodiscard]] std::string quoted_name(const HazardObject& object);
/// The statement, or the words, for this object.
[[nodiscard]] std::string action_for(const Hazard& hazard, const HazardObject& object);
/// Whether `action_for` is SQL that a machine may run.
[[nodiscard]] bool is_statement(const Hazard& hazard);

}  // namespace pgbaton::catalog
