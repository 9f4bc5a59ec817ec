// Trying an upgrade before it is done: databases that are there for that only, and what came of it.
#pragma once

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

/// How long a passed rehearsal counts, as long as nothing else changes.
inline constexpr std::chrono::hours kRehearsalCounts{14 * 24};

}  // namespace pgbaton::model
