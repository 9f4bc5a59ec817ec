#include "postgres/digest.hpp"

#include <fmt/format.h>

#include "postgres/platform.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Millis;
using base::Result;

// Another user's temporary tables, and what extensions keep in tables of the catalogs, are nobody's rows.
constexpr auto kTables = R"(
SELECT format('%I.%I', n.nspname, c.relname), pg_relation_size(c.oid)::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384 AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY pg_relation_size(c.oid) DESC, 1)";
constexpr auto kSequences = R"(
SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value::text, '') FROM pg_sequences ORDER BY 1)";

// Names and types only: how a definition is printed differs between majors. 18 has constraints for NOT NULL, which
// older versions keep with the column.
constexpr auto kObjects = R"(
WITH member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
space AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
class AS (SELECT c.oid, c.relkind, format('%I.%I', s.nspname, c.relname) AS name FROM pg_class c JOIN space s ON s.oid = c.relnamespace
  WHERE c.oid >= 16384 AND NOT EXISTS (SELECT 1 FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)),
found AS (
  SELECT CASE relkind WHEN 'r' THEN 'tables' WHEN 'p' THEN 'partitioned tables' WHEN 'i' THEN 'indexes' WHEN 'I' THEN 'partitioned indexes'
    WHEN 'v' THEN 'views' WHEN 'm' THEN 'materialized views' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'foreign tables' ELSE 'row types' END AS kind,
    name AS what FROM class
  UNION ALL SELECT 'columns', format('%s.%I %s %s', c.name, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull)
    FROM class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v', 'c') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT 'constraints', format('%s %I %s %s', c.name, k.conname, k.contype, k.convalidated)
    FROM class c JOIN pg_constraint k ON k.conrelid = c.oid WHERE k.contype <> 'n'
  UNION ALL SELECT 'triggers', format('%s %I %s', c.name, t.tgname, t.tgenabled)
    FROM class c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal
  UNION ALL SELECT 'functions', p.oid::regprocedure::text FROM pg_proc p JOIN space s ON s.oid = p.pronamespace
    WHERE p.oid >= 16384 AND NOT EXISTS (SELECT 1 FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
  UNION ALL SELECT 'types', format('%I.%I %s', s.nspname, t.typname, t.typtype) FROM pg_type t JOIN space s ON s.oid = t.typnamespace
    WHERE t.oid >= 16384 AND t.typtype IN ('e', 'd', 'r') AND NOT EXISTS (SELECT 1 FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
  UNION ALL SELECT 'event triggers', format('%I %s', evtname, evtenabled) FROM pg_event_trigger
  UNION ALL SELECT 'publications', format('%I', pubname) FROM pg_publication
  UNION ALL SELECT 'extensions', format('%I', extname) FROM pg_extension
  UNION ALL SELECT 'large objects', oid::text FROM pg_largeobject_metadata)
SELECT kind, count(*) || ' ' || md5(string_agg(what, E'\n' ORDER BY what COLLATE "C")) FROM found GROUP BY kind ORDER BY kind)";

// Rows as text, hashed by bytes and added up: no order, no collation, no major changes that. By their addresses, which
// pg_upgrade keeps: a condition on ranges of addresses would read the whole table before 14.
constexpr auto kDigest =
    "SELECT count(*)::text, coalesce(sum(hashtextextended(pgbaton_row::text COLLATE \"C\", 0)::numeric), 0)::text FROM "
    "{} AS pgbaton_row";
constexpr auto kSampled = R"( WHERE ctid = ANY (ARRAY(
  SELECT ('(' || page || ',' || item || ')')::tid FROM (
    SELECT generate_series(0, least({0}, 4) - 1) AS page UNION SELECT generate_series(greatest({0} - 4, 0), {0} - 1)) AS pages,
  generate_series(1, 291) AS item)))";
constexpr std::int64_t kPage = 8192;

std::string sql_for(const TableDigest& table, bool whole) {
  auto sql = fmt::format(fmt::runtime(kDigest), table.table);
  if (!whole) sql += fmt::format(fmt::runtime(kSampled), table.bytes / kPage);
  return sql;
}

Result<> read_digest(Connection& connection, TableDigest& table, bool whole, Deadline deadline) {
  const auto answer = TRY(connection.query(sql_for(table, whole), deadline));
  table.rows = std::atoll(answer.rows.at(0)[0].value_or("0").c_str());
  table.digest = answer.rows.at(0)[1].value_or("");
  return {};
}

Result<> list_database(Connection& connection, const std::string& database, Digests& digests, Deadline deadline) {
  // What text looks like must not depend on settings of the database.
  TRY(connection.execute(
      "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET extra_float_digits = 1; "
      "SET bytea_output = 'hex'",
      deadline));
  for (const auto& row : TRY(connection.query(kObjects, deadline)).rows)
    digests.objects.push_back({database, row[0].value_or(""), row[1].value_or("")});
  for (const auto& row : TRY(connection.query(kTables, deadline)).rows)
    digests.tables.push_back(
        {.database = database, .table = row[0].value_or(""), .bytes = std::atoll(row[1].value_or("0").c_str())});
  for (const auto& row : TRY(connection.query(kSequences, deadline)).rows)
    digests.sequences.push_back({database, row[0].value_or(""), row[1].value_or("")});
  return {};
}

}  // namespace

Result<Digests> digest_tables(const Spec& spec, DigestScope scope, Millis budget, Deadline deadline) {
  Digests digests{.whole = scope == DigestScope::whole};
  std::chrono::steady_clock::duration spent{0};  // on reading: the largest table is read however slow all else is
  for (const auto& database : TRY(databases_of(spec, deadline))) {
    auto connection = TRY(connect_as_platform(spec, database, deadline));
    const auto from = digests.tables.size();
    TRY(list_database(connection, database, digests, deadline));
    for (auto at = from; at < digests.tables.size() && (digests.whole || spent < budget); ++at) {
      const auto begun = std::chrono::steady_clock::now();
      TRY(read_digest(connection, digests.tables[at], digests.whole, deadline));
      spent += std::chrono::steady_clock::now() - begun;
    }
  }
  return digests;
}

Result<Digests> digest_again(const Spec& spec, const Digests& before, Deadline deadline) {
  Digests digests{.whole = before.whole};
  for (const auto& database : TRY(databases_of(spec, deadline))) {
    auto connection = TRY(connect_as_platform(spec, database, deadline));
    const auto from = digests.tables.size();
    TRY(list_database(connection, database, digests, deadline));
    for (auto at = from; at < digests.tables.size(); ++at) {
      auto& table = digests.tables[at];
      const auto known = std::ranges::find_if(before.tables, [&](const TableDigest& old) {
        return old.database == table.database && old.table == table.table;
      });
      if (known != before.tables.end() && !known->digest.empty())
        TRY(read_digest(connection, table, before.whole, deadline));
    }
  }
  return digests;
}

}  // namespace pgbaton::postgres
