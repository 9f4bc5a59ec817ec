#include "preflight/table.hpp"

#include <array>

namespace pgbaton::preflight {
namespace {

// Columns of the catalogs that came with later majors are read through to_jsonb, so that one text runs on all of them:
// datlocprovider from 15, daticulocale and colliculocale in 15 and 16, datlocale and colllocale from 17. Before 15 a
// database's provider is always libc. Hash indexes hold no order; only a nondeterministic collation can change their
// hashes.
constexpr std::string_view kCollations = R"(
WITH d AS (
  SELECT coalesce(to_jsonb(b) ->> 'datlocprovider', 'c') AS provider, b.datcollate,
         coalesce(to_jsonb(b) ->> 'datlocale', to_jsonb(b) ->> 'daticulocale') AS locale
  FROM pg_database b WHERE b.datname = current_database()),
k AS (
  SELECT i.indexrelid AS relation, unnest(i.indcollation) AS collation FROM pg_index i
  UNION
  SELECT p.partrelid, unnest(p.partcollation) FROM pg_partitioned_table p WHERE p.partstrat = 'r'),
s AS (
  SELECT k.relation, o.collisdeterministic AS deterministic,
         CASE o.collprovider WHEN 'd' THEN d.provider ELSE o.collprovider::text END AS provider,
         CASE WHEN o.collprovider <> 'd' THEN
                coalesce(o.collcollate, to_jsonb(o) ->> 'colllocale', to_jsonb(o) ->> 'colliculocale')
              WHEN d.provider = 'c' THEN d.datcollate ELSE d.locale END AS locale
  FROM k JOIN pg_collation o ON o.oid = k.collation CROSS JOIN d)
SELECT DISTINCT n.nspname AS schema, c.relname AS name, s.provider, s.locale,
       CASE c.relkind WHEN 'p' THEN 'partitions' ELSE 'index' END AS kind, i.indisexclusion AS exclusion
FROM s
JOIN pg_class c ON c.oid = s.relation
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.oid >= 16384 AND c.relkind <> 'I' AND c.relpersistence <> 't'
  AND s.provider IN ('c', 'i') AND NOT (s.provider = 'c' AND s.locale IN ('C', 'POSIX'))
  AND NOT (coalesce(a.amname, '') = 'hash' AND s.deterministic)
ORDER BY 1, 2)";

constexpr std::string_view kExtensions = "SELECT extname AS name, extversion AS version FROM pg_extension ORDER BY 1";

constexpr std::string_view kPrepared = R"(
SELECT gid AS name, database, owner, prepared::text AS since FROM pg_prepared_xacts ORDER BY prepared)";

// Fifteen seconds: what runs longer is rarely a web request, and somebody waits for its result.
constexpr std::string_view kTransactions = R"(
SELECT pid::text, datname AS database, usename AS role, application_name AS application, state,
       extract(epoch FROM now() - xact_start)::bigint::text AS seconds
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start < now() - interval '15 s'
ORDER BY xact_start)";

// DROP DATABASE marks what it has begun to remove so (13.12, 14.9, 15.4 and later).
constexpr std::string_view kInvalid = "SELECT datname AS name FROM pg_database WHERE datconnlimit = -2 ORDER BY 1";

constexpr std::array kChecks{
    Check{"target", "The target engine is installed and released", Severity::stop, Severity::stop, Scope::none, "",
          judge_target},
    Check{"disk", "There is room on the disk", Severity::stop, Severity::stop, Scope::none, "", judge_disk},
    Check{"extensions", "The target engine has every extension in use", Severity::stop, Severity::stop, Scope::database,
          kExtensions, judge_extensions},
    Check{"collations", "Strings keep their order", Severity::act, Severity::act, Scope::database, kCollations,
          judge_collations},
    Check{"settings", "Nothing needs a new setting before the start", Severity::act, Severity::act, Scope::none, "",
          judge_settings},
    Check{"hazards", "The new minor asks for no repair", Severity::act, Severity::act, Scope::none, "", judge_hazards},
    Check{"prepared-transactions", "No prepared transaction is waiting", Severity::know, Severity::know, Scope::server,
          kPrepared, judge_prepared},
    Check{"transactions", "No transaction has been running for long", Severity::know, Severity::know, Scope::server,
          kTransactions, judge_transactions},
    Check{"invalid-databases", "No database is half dropped", Severity::know, Severity::act, Scope::server, kInvalid,
          judge_invalid_databases},
};

}  // namespace

std::span<const Check> checks() { return kChecks; }

}  // namespace pgbaton::preflight
