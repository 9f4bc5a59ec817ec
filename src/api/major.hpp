// Parameters and results of the agent's jobs for major-upgrades: from one data directory to another one beside it.
#pragma once

#include "base/names.hpp"
#include "base/units.hpp"
#include "model/kept.hpp"

namespace pgbaton::api {

/// prepare-target: initdb of the target beside the present data directory, which must not be running on it.
/// convert-instance: pg_upgrade from the present data directory, at rest, into the target.
/// take-back-instance: ends whatever pg_upgrade left, and makes the old data directory the present one again, at rest.
struct MajorTarget {
  std::string instance;
  model::EngineId from_engine;
  std::string from_data;
  model::EngineId engine;
  std::string data;  // name of the target's data directory
  model::Transfer transfer = model::Transfer::link;
  std::int64_t budget_ms = 0;  // convert-instance gives up after so long; 0: never
};
PGBATON_JSON(MajorTarget, instance, from_engine, from_data, engine, data, transfer, budget_ms)

struct ConvertAnswer {
  std::string system_identifier;  // of the new cluster
  model::Transfer transfer = model::Transfer::link;
  std::int64_t duration_ms = 0;
  std::vector<std::string> phases;  // what pg_upgrade said that it did
};
PGBATON_JSON(ConvertAnswer, system_identifier, transfer, duration_ms, phases)

/// remove-data: deletes a data directory that does not count.
struct RemoveData {
  std::string instance;
  std::string data;
  int major = 0;  // whose folders in tablespaces go with it
};
PGBATON_JSON(RemoveData, instance, data, major)

/// rehearse-schema: answers with {findings: [RehearsalFinding], duration_ms}.
struct RehearseSchema {
  std::string instance;
  model::EngineId engine;
};
PGBATON_JSON(RehearseSchema, instance, engine)

/// kind: "fails" (the upgrade would fail on it), "unknown" (it could not be rehearsed), "extension" (it cannot be
/// updated by itself), "refused" (`pg_upgrade --check` complains), "unchecked" (it gave no answer).
struct RehearsalFinding {
  std::string kind;
  std::string database;
  std::string object;
  std::string cause;
  std::vector<std::string> lines;  // of the list to a complaint of pg_upgrade
};
PGBATON_JSON(RehearsalFinding, kind, database, object, cause, lines)

struct RehearsalAnswer {
  std::vector<RehearsalFinding> findings;
  std::int64_t duration_ms = 0;
};
PGBATON_JSON(RehearsalAnswer, findings, duration_ms)

/// digest-instance: answers with postgres::Digests as JSON. `before`: an earlier answer, whose tables are read again;
/// null: the first reading.
struct DigestInstance {
  std::string instance;
  bool whole = false;
  std::int64_t budget_ms = 0;  // of a sample
  base::Json before;
};
PGBATON_JSON(DigestInstance, instance, whole, budget_ms, before)

struct Relation {
  std::string database;
  std::string name;  // quoted, with its schema
};
PGBATON_JSON(Relation, database, name)

/// analyze-instance: `first` one after the other, then everything that lacks statistics.
struct AnalyzeInstance {
  std::string instance;
  std::vector<Relation> first;
};
PGBATON_JSON(AnalyzeInstance, instance, first)

struct AnalyzeAnswer {
  int first = 0;
  std::int64_t first_ms = 0;
  std::int64_t duration_ms = 0;
  std::vector<std::string> problems;
};
PGBATON_JSON(AnalyzeAnswer, first, first_ms, duration_ms, problems)

}  // namespace pgbaton::api
