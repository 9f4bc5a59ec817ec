#include "postgres/platform.hpp"

namespace pgbaton::postgres {

base::Result<Connection> connect_as_platform(const Spec& spec, const std::string& database, base::Deadline deadline) {
  const ConnectOptions options{
      .host = spec.socket_folder.string(),
      .port = spec.port,
      .user = spec.superuser,
      .database = database,
      .sslmode = "disable",
      .options =
          "-c search_path=pg_catalog -c statement_timeout=0 -c lock_timeout=0 "
          "-c idle_in_transaction_session_timeout=0 -c default_transaction_read_only=off -c jit=off",
  };
  return Connection::open(options, deadline);
}

base::Result<std::vector<std::string>> databases_of(const Spec& spec, base::Deadline deadline) {
  auto connection = TRY(connect_as_platform(spec, "postgres", deadline));
  const auto rows = TRY(connection.query("SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1", deadline));
  std::vector<std::string> names;
  for (const auto& row : rows.rows) names.push_back(row[0].value_or(""));
  return names;
}

}  // namespace pgbaton::postgres
