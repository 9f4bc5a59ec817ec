#include "postgres/connection.hpp"

#include <array>

#include <fmt/format.h>
#include <poll.h>

#include "base/text.hpp"
#include "postgres/server_error.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Deadline;
using base::fail;
using base::Result;

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, Clear>;

std::string taken(char* text) {
  std::string copy{text == nullptr ? "" : text};
  PQfreemem(text);
  return copy;
}

Rows rows_of(const PGresult* result) {
  Rows rows;
  const int width = PQnfields(result);
  for (int column = 0; column < width; ++column) rows.columns.emplace_back(PQfname(result, column));
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& values = rows.rows.emplace_back();
    for (int column = 0; column < width; ++column)
      values.push_back(PQgetisnull(result, row, column) ? Value{} : Value{PQgetvalue(result, row, column)});
  }
  return rows;
}

// libpq looks for a client certificate and for passwords in the home folder, and fails when it may not look there:
// after giving up root's rights, HOME is often still root's. No file can be below this path.
constexpr auto kNoFile = "/dev/null/none";

PGconn* begin_connecting(const ConnectOptions& options) {
  const auto port = std::to_string(options.port);
  // GSS encryption costs a round trip to a library that answers no; the messages' SQLSTATE is needed from the start.
  const std::array<std::pair<const char*, const char*>, 13> pairs{{
      {"host", options.host.c_str()},
      {"port", port.c_str()},
      {"user", options.user.c_str()},
      {"password", options.password.reveal().c_str()},
      {"dbname", options.database.c_str()},
      {"sslmode", options.sslmode.c_str()},
      {"sslrootcert", options.ssl_root_certificate.c_str()},
      {"application_name", options.application_name.c_str()},
      {"options", options.options.c_str()},
      {"sslcert", kNoFile},
      {"passfile", kNoFile},
      {"gssencmode", "disable"},
      {"client_encoding", "UTF8"},
  }};
  std::array<const char*, pairs.size() + 1> keys{};
  std::array<const char*, pairs.size() + 1> values{};
  for (std::size_t i = 0; i < pairs.size(); ++i) std::tie(keys[i], values[i]) = pairs[i];
  return PQconnectStartParams(keys.data(), values.data(), 0);
}

}  // namespace

Result<Connection> Connection::open(const ConnectOptions& options, Deadline deadline) {
  Connection connection{begin_connecting(options)};
  TRY(base::in_context(fmt::format("connecting to {} as {}", options.database, options.user),
                       connection.establish(deadline)));
  return connection;
}

Result<> Connection::establish(Deadline deadline) {
  auto* const conn = connection_.get();
  if (conn == nullptr) return fail(Code::failed, "no memory for a connection");
  PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);  // or the text of a refusal would lack its SQLSTATE
  PQsetNoticeReceiver(conn, [](void*, const PGresult*) {}, nullptr);
  auto state = PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) return fail(connection_error(PQerrorMessage(conn)));
    TRY(wait_for(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline));
    state = PQconnectPoll(conn);
  }
  PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
  return {};
}

Result<> Connection::wait_for(short events, Deadline deadline) const {
  for (;;) {
    pollfd wait{.fd = PQsocket(connection_.get()), .events = events, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(deadline.remaining().count()));
    if (ready > 0) return {};
    if (ready == 0 && deadline.passed()) return fail(Code::timed_out, "PostgreSQL did not answer in time");
  }
}

Result<Rows> Connection::query(const std::string& sql, Deadline deadline, const std::vector<Value>& parameters) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                        nullptr, nullptr, 0) == 0)
    return fail(lost());
  return finish(deadline);
}

Result<> Connection::execute(const std::string& sql, Deadline deadline) {
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) return fail(lost());
  TRY(finish(deadline));
  return {};
}

Result<Rows> Connection::finish(Deadline deadline) {
  auto result = collect(deadline);
  if (result || result.error().code != Code::timed_out) return result;
  cancel();
  return fail(Code::timed_out, "the statement took longer than it may and was cancelled");
}

// Every result up to the end of the statement; of several the first error, else the last.
Result<Rows> Connection::collect(Deadline deadline) {
  auto* const conn = connection_.get();
  Result<Rows> outcome{Rows{}};
  for (;;) {
    while (PQisBusy(conn) != 0) {
      TRY(wait_for(POLLIN, deadline));
      if (PQconsumeInput(conn) == 0) return fail(lost());
    }
    const ResultPtr result{PQgetResult(conn)};
    if (!result) return outcome;
    const auto kind = PQresultStatus(result.get());
    if (kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT || kind == PGRES_COPY_BOTH) {
      connection_.reset();  // the only way out of a COPY that nobody serves
      return fail(Code::invalid_argument, "COPY from or to the client is not possible here");
    }
    if (kind == PGRES_FATAL_ERROR || kind == PGRES_BAD_RESPONSE) {
      if (outcome) outcome = fail(statement_error(result.get()));
    } else if (outcome) {
      outcome = rows_of(result.get());
    }
  }
}

void Connection::cancel() {
  PGcancel* const handle = PQgetCancel(connection_.get());
  std::array<char, 256> why{};
  const bool asked = handle != nullptr && PQcancel(handle, why.data(), why.size()) != 0;
  PQfreeCancel(handle);
  const auto ended = asked ? collect(Deadline::after(std::chrono::seconds{2})) : Result<Rows>{fail(lost())};
  if (!ended && ended.error().code != Code::postgres) connection_.reset();
}

base::Error Connection::lost() const {
  const auto* const why = connection_ ? PQerrorMessage(connection_.get()) : "it was closed";
  return {Code::unreachable, fmt::format("the connection to PostgreSQL is lost: {}", base::trim(why)), {}};
}

// 150020 is 15.20.
model::Version Connection::server_version() const {
  const int number = PQserverVersion(connection_.get());
  return {.major = number / 10'000, .minor = number % 10'000};
}

std::string Connection::quote_identifier(std::string_view text) const {
  return taken(PQescapeIdentifier(connection_.get(), text.data(), text.size()));
}

std::string Connection::quote_literal(std::string_view text) const {
  return taken(PQescapeLiteral(connection_.get(), text.data(), text.size()));
}

Result<std::string> Connection::scram_verifier(const std::string& user, const base::Secret& password) const {
  auto verifier =
      taken(PQencryptPasswordConn(connection_.get(), password.reveal().c_str(), user.c_str(), "scram-sha-256"));
  if (verifier.empty()) return fail(lost());
  return verifier;
}

}  // namespace pgbaton::postgres
