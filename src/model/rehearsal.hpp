// Trying an upgrade before it is done: databases that are there for that only, what came of it, what the preflight
// found, and for how long such a result counts.
#pragma once

#include <optional>

#include "base/time.hpp"
#include "model/version.hpp"

namespace pgbaton::model {

/// What marks a database that is there to be thrown away.
struct Rehearsal {
  std::string of;      // the database that it is a clone of; empty: made from a manifest
  std::string until;   // RFC 3339: the server destroys it then; empty: kept, somebody destroys it by hand
  std::string schema;  // fingerprint of the schema of the original when the clone was made
};
PGBATON_JSON(Rehearsal, of, until, schema)

/// A rehearsal that has ended.
struct RehearsalRecord {
  std::string id;
  std::string database;
  EngineId from;
  EngineId to;
  std::string ended_at;  // RFC 3339
  bool passed = false;
  std::string schema;  // what it was found out for
  base::Json report;   // as `pgbaton rehearse --json` printed it
};
PGBATON_JSON(RehearsalRecord, id, database, from, to, ended_at, passed, schema, report)

/// What the last preflight of an upgrade to an engine found.
struct PreflightRecord {
  std::string database;
  std::string made_at;  // of the database: another one may have had its name
  EngineId from;
  EngineId to;
  std::string ended_at;       // RFC 3339
  std::string schema;         // fingerprints that it was found out for
  std::string configuration;  // of settings, roles, databases and logical slots
  std::string operation;      // of the upgrade that it was a step of; empty: somebody asked
  base::Json report;          // preflight::Report
};
PGBATON_JSON(PreflightRecord, database, made_at, from, to, ended_at, schema, configuration, operation, report)

/// What a result was found out for, or what is there now.
struct Binding {
  EngineId from;
  base::WallTime at;
  std::string schema;
  std::string configuration;  // empty: of no account
};

/// Why a result says nothing any more.
enum class Expired { engine, age, schema, configuration };
PGBATON_ENUM_NAMES(Expired, {Expired::engine, "engine"}, {Expired::age, "age"}, {Expired::schema, "schema"},
                   {Expired::configuration, "configuration"})

/// The first reason; absent: what was found out then still holds.
[[nodiscard]] std::optional<Expired> expired(const Binding& then, const Binding& now, std::chrono::hours counts);

/// How long a preflight counts, as long as nothing else changes: transactions, free disk and statistics of use do.
inline constexpr std::chrono::hours kPreflightCounts{24};

/// How long a passed rehearsal counts, as long as nothing else changes.
inline constexpr std::chrono::hours kRehearsalCounts{14 * 24};

}  // namespace pgbaton::model
