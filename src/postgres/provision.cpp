#include <fmt/format.h>

#include "postgres/platform.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Result;

// What the owner may not, and why. CREATEROLE: before 16 it lets a role grant itself pg_execute_server_program, which
// is a shell on the host. CREATEDB: the platform would not know of the database, nor back it up under its name.
// BYPASSRLS: it reads what other roles of the database hide. What managed platforms give beyond that is pg_monitor,
// statistics of everybody, and REPLICATION, for change data capture: it reads everything, but all of it is the owner's.
Result<> ensure_owner(Connection& connection, const Provision& wanted, Deadline deadline) {
  const auto owner = connection.quote_identifier(wanted.owner);
  const auto known = TRY(connection.query("SELECT 1 FROM pg_roles WHERE rolname = $1", deadline, {wanted.owner}));
  const auto verifier = TRY(connection.scram_verifier(wanted.owner, wanted.password));
  TRY(connection.execute(
      fmt::format("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE REPLICATION NOBYPASSRLS PASSWORD {}",
                  known.empty() ? "CREATE" : "ALTER", owner, connection.quote_literal(verifier)),
      deadline));
  return connection.execute(fmt::format("GRANT pg_monitor TO {}", owner), deadline);
}

Result<> ensure_database(Connection& connection, const Provision& wanted, Deadline deadline) {
  const auto known = TRY(connection.query("SELECT 1 FROM pg_database WHERE datname = $1", deadline, {wanted.database}));
  return connection.execute(
      fmt::format("{} DATABASE {} {} {}", known.empty() ? "CREATE" : "ALTER",
                  connection.quote_identifier(wanted.database), known.empty() ? "TEMPLATE template0 OWNER" : "OWNER TO",
                  connection.quote_identifier(wanted.owner)),
      deadline);
}

// What 15 has from the start: the owner of the database owns the schema, nobody else makes objects in it.
Result<> ensure_public_schema(Connection& connection, const Provision& wanted, Deadline deadline) {
  if (connection.server_version().major >= 15) return {};
  return connection.execute(fmt::format("ALTER SCHEMA public OWNER TO {}; REVOKE CREATE ON SCHEMA public FROM PUBLIC",
                                        connection.quote_identifier(wanted.owner)),
                            deadline);
}

}  // namespace

Result<> provision(const Spec& spec, const Provision& wanted, Deadline deadline) {
  if (wanted.owner == spec.superuser)
    return base::fail(
        {base::Code::refused, fmt::format("\"{}\" is the platform's own role", wanted.owner), "Choose another name."});
  auto connection = TRY(connect_as_platform(spec, "postgres", deadline));
  TRY(ensure_owner(connection, wanted, deadline));
  TRY(ensure_database(connection, wanted, deadline));
  // Temporary tables in the platform's databases would be a place for users to fill its disk unseen.
  TRY(connection.execute("REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC", deadline));
  auto inside = TRY(connect_as_platform(spec, wanted.database, deadline));
  return ensure_public_schema(inside, wanted, deadline);
}

}  // namespace pgbaton::postgres
