// A connection to a server: libpq with an owner and deadlines. Used by one thread at a time.
//
// It reads nothing from the user's environment but what libpq takes from PG* variables for options that are left out.
#pragma once

#include <memory>

#include <libpq-fe.h>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "model/version.hpp"
#include "postgres/rows.hpp"

namespace pgbaton::postgres {

struct ConnectOptions {
  std::string host;  // a name, an address, or the folder of a Unix socket
  int port = 5432;
  std::string user;
  base::Secret password;
  std::string database;
  std::string sslmode = "prefer";
  std::string ssl_root_certificate;  // file; needed for verify-ca and verify-full
  std::string application_name = "pgbaton";
  std::string options;  // of the server's command line: "-c search_path=pg_catalog"
};

class Connection {
 public:
  /// Code::unreachable when nobody answers, Code::postgres when the server refuses (with its SQLSTATE).
  [[nodiscard]] static base::Result<Connection> open(const ConnectOptions& options, base::Deadline deadline);

  /// One statement. At the deadline it is cancelled and the result is timed_out; the connection stays usable when the
  /// server confirms that. An error of the server is Code::postgres with its message and SQLSTATE.
  [[nodiscard]] base::Result<Rows> query(const std::string& sql, base::Deadline deadline,
                                         const std::vector<Value>& parameters = {});
  /// One or more statements without parameters, in one transaction unless they say otherwise; results are dropped.
  [[nodiscard]] base::Result<> execute(const std::string& sql, base::Deadline deadline);

  [[nodiscard]] model::Version server_version() const;
  [[nodiscard]] bool is_encrypted() const { return PQsslInUse(connection_.get()) != 0; }

  [[nodiscard]] std::string quote_identifier(std::string_view text) const;
  [[nodiscard]] std::string quote_literal(std::string_view text) const;
  /// The SCRAM verifier of a password: what is sent instead of it, so that no log of the server can hold it.
  [[nodiscard]] base::Result<std::string> scram_verifier(const std::string& user, const base::Secret& password) const;

 private:
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  explicit Connection(PGconn* connection) : connection_(connection) {}
  [[nodiscard]] base::Result<> establish(base::Deadline deadline);
  [[nodiscard]] base::Result<Rows> finish(base::Deadline deadline);
  [[nodiscard]] base::Result<Rows> collect(base::Deadline deadline);
  [[nodiscard]] base::Result<> wait_for(short events, base::Deadline deadline) const;
  [[nodiscard]] base::Error lost() const;
  void cancel();

  std::unique_ptr<PGconn, Closer> connection_;
};

/// Whether PostgreSQL refused with this SQLSTATE.
[[nodiscard]] bool has_sqlstate(const base::Error& error, std::string_view sqlstate);

}  // namespace pgbaton::postgres
