#include "runbooks/fingerprint.hpp"

#include "base/text.hpp"

namespace pgbaton::runbooks {

using base::Result;

namespace {

// What a dump of the schema would say, in a few milliseconds. Names, not numbers: a clone has other ones.
constexpr auto kSchema = R"(
WITH own AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
parts(kind, schema, name, what, more) AS (
  SELECT 'relation', nspname, relname, concat(relkind, relpersistence), '' FROM pg_class c JOIN own ON relnamespace = own.oid
  UNION ALL SELECT 'column', nspname, relname, attname, concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN own ON relnamespace = own.oid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attnum > 0 AND NOT attisdropped
  UNION ALL SELECT 'index', nspname, relname, pg_get_indexdef(c.oid), concat(indisvalid, indisready)
    FROM pg_class c JOIN own ON relnamespace = own.oid JOIN pg_index ON indexrelid = c.oid
  UNION ALL SELECT 'view', nspname, relname, pg_get_viewdef(c.oid), '' FROM pg_class c JOIN own ON relnamespace = own.oid WHERE relkind IN ('v', 'm')
  UNION ALL SELECT 'constraint', nspname, conname, pg_get_constraintdef(c.oid), '' FROM pg_constraint c JOIN own ON connamespace = own.oid
  UNION ALL SELECT 'function', nspname, proname, pg_get_function_identity_arguments(p.oid), concat_ws(' ', prosrc, proconfig::text, provolatile)
    FROM pg_proc p JOIN own ON pronamespace = own.oid
  UNION ALL SELECT 'operator', nspname, oprname, oprleft::regtype::text, oprright::regtype::text FROM pg_operator o JOIN own ON oprnamespace = own.oid
  UNION ALL SELECT 'type', nspname, typname, typtype::text, typbasetype::regtype::text FROM pg_type t JOIN own ON typnamespace = own.oid
  UNION ALL SELECT 'trigger', nspname, tgname, pg_get_triggerdef(t.oid), tgenabled::text
    FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN own ON relnamespace = own.oid WHERE NOT tgisinternal
  UNION ALL SELECT 'conversion', nspname, conname, conproc::text, '' FROM pg_conversion c JOIN own ON connamespace = own.oid
  UNION ALL SELECT 'event trigger', '', evtname, evtevent, evtenabled::text FROM pg_event_trigger
  UNION ALL SELECT 'publication', '', pubname, '', '' FROM pg_publication
  UNION ALL SELECT 'extension', '', extname, extversion, '' FROM pg_extension)
SELECT md5(coalesce(string_agg(part, E'\n' ORDER BY part), '')) AS fingerprint
FROM (SELECT concat_ws(' ', kind, schema, name, what, more) COLLATE "C" AS part FROM parts) AS lines)";

// Of a password only how it is stored: to change it has nothing to do with upgrades.
constexpr auto kConfiguration = R"(
WITH parts(part) AS (
  SELECT concat_ws(' ', 'setting', name, setting) FROM pg_file_settings WHERE sourcefile LIKE '%/postgresql.auto.conf'
  UNION ALL SELECT concat_ws(' ', 'stored', r.rolname, d.datname, s.setconfig::text)
    FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
  UNION ALL SELECT concat_ws(' ', 'role', rolname, rolsuper, rolcreaterole, left(rolpassword, 3)) FROM pg_authid
  UNION ALL SELECT concat_ws(' ', 'database', datname, datallowconn, datconnlimit = -2) FROM pg_database
  UNION ALL SELECT concat_ws(' ', 'slot', slot_name, plugin) FROM pg_replication_slots WHERE slot_type = 'logical' AND NOT temporary
  UNION ALL SELECT concat_ws(' ', 'subscription', subname) FROM pg_subscription
  UNION ALL SELECT concat_ws(' ', 'tablespace', spcname) FROM pg_tablespace)
SELECT md5(coalesce(string_agg(part, E'\n' ORDER BY part COLLATE "C"), '')) AS fingerprint FROM parts)";

Result<std::string> fingerprint_of(const AgentClient& agent, const std::string& instance, const api::Query& query) {
  const auto answer = TRY(agent.query(instance, query));
  return answer.rows.at(0).at("fingerprint").get<std::string>();
}

}  // namespace

Result<std::string> schema_fingerprint(const AgentClient& agent, const std::string& instance,
                                       const std::string& database) {
  return fingerprint_of(agent, instance, {database, kSchema});
}

Result<Fingerprints> fingerprints(const AgentClient& agent, const model::Database& database) {
  const auto& instance = model::primary_of(database).name;
  std::vector<std::string> parts;
  for (const auto& name : TRY(logical_databases(agent, instance))) {
    const auto part = TRY(schema_fingerprint(agent, instance, name));
    parts.push_back(part + " " + name);
  }
  auto configuration = TRY(fingerprint_of(agent, instance, {"postgres", kConfiguration}));
  return Fingerprints{base::join(parts, "\n"), std::move(configuration)};
}

Result<std::vector<std::string>> logical_databases(const AgentClient& agent, const std::string& instance) {
  const auto answer = TRY(agent.query(
      instance, {"postgres", "SELECT datname FROM pg_database WHERE datallowconn AND datconnlimit <> -2 ORDER BY 1"}));
  std::vector<std::string> names;
  for (const auto& row : answer.rows) names.push_back(row.at("datname").get<std::string>());
  return names;
}

}  // namespace pgbaton::runbooks
