// Digests of tables' rows, the same on every major and in any order of the rows: what proves that an upgrade has kept
// them.
#pragma once

#include "base/names.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

struct TableDigest {
  std::string database;
  std::string table;  // quoted, with its schema
  std::int64_t bytes = 0;
  std::int64_t rows = 0;  // that were read
  std::string digest;     // of those rows; empty: not read, for want of time
};
PGBATON_JSON(TableDigest, database, table, bytes, rows, digest)

struct SequenceValue {
  std::string database;
  std::string sequence;
  std::string value;
};
PGBATON_JSON(SequenceValue, database, sequence, value)

/// All objects of one kind in one database, by their names and types.
struct ObjectDigest {
  std::string database;
  std::string kind;   // "tables", "columns", "indexes" …
  std::string value;  // how many, and a digest of what they are
};
PGBATON_JSON(ObjectDigest, database, kind, value)

struct Digests {
  bool whole = false;
  std::vector<ObjectDigest> objects;  // without those of extensions
  std::vector<TableDigest> tables;    // the largest first
  std::vector<SequenceValue> sequences;
};
PGBATON_JSON(Digests, whole, objects, tables, sequences)

/// sample: the first and the last pages of each table, the largest tables first, for as long as the budget lasts.
/// whole: every row of every table.
enum class DigestScope { sample, whole };

[[nodiscard]] base::Result<Digests> digest_tables(const Spec& spec, DigestScope scope, base::Millis budget,
                                                  base::Deadline deadline);
/// The same tables once more, after the upgrade.
[[nodiscard]] base::Result<Digests> digest_again(const Spec& spec, const Digests& before, base::Deadline deadline);

}  // namespace pgbaton::postgres
