#include "witness/link.hpp"

#include <array>

#include <poll.h>

#include "base/text.hpp"

namespace pgbaton::witness {
namespace {

struct ResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultCloser>;

std::string field_of(const PGresult* result, int code) {
  const auto* const text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

bool is_fatal(const PGresult* result) {
  const auto severity = field_of(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity == "FATAL" || severity == "PANIC";
}

// An error that ends a connection while no statement is on its way comes as a notice. A server that crashes or is
// stopped at once says so in a warning, 57P01 or 57P02, and closes the connection.
void note_farewell(void* farewell, const PGresult* notice) {
  const auto sqlstate = field_of(notice, PG_DIAG_SQLSTATE);
  if (is_fatal(notice) || sqlstate.starts_with("57P0")) *static_cast<std::string*>(farewell) = sqlstate;
}

void hand_over(const PGresult* result, const OnRow& on_row) {
  const int width = PQnfields(result);
  for (int row = 0; row < PQntuples(result); ++row) {
    Values values;
    for (int column = 0; column < width; ++column) values.emplace_back(PQgetvalue(result, row, column));
    on_row(values);
  }
}

std::vector<const char*> pointers(const Values& values) {
  std::vector<const char*> all;
  for (const auto& value : values) all.push_back(value.c_str());
  return all;
}

PGconn* begin_link(const std::string& url) {
  // What stands behind dbname wins over the address; messages in UTF-8, and no round trips for GSS encryption.
  const std::array<const char*, 4> keys{"dbname", "client_encoding", "gssencmode", nullptr};
  const std::array<const char*, 4> values{url.c_str(), "UTF8", "disable", nullptr};
  return PQconnectStartParams(keys.data(), values.data(), 1);
}

}  // namespace

base::Result<> check_url(const std::string& url) {
  const bool named = url.starts_with("postgresql://") || url.starts_with("postgres://") || url.contains('=');
  char* why = nullptr;
  auto* const parsed = named ? PQconninfoParse(url.c_str(), &why) : nullptr;
  const std::string said{why == nullptr ? "one begins with postgresql://" : base::trim(why)};
  PQconninfoFree(parsed);
  PQfreemem(why);
  if (parsed != nullptr) return {};
  return base::fail({base::Code::invalid_argument, fmt::format("this is no address of a database: {}", said),
                     "`pgbaton url NAME` prints the address of a database."});
}

Link::Link(PGconn* connection, GiveUp give_up) : connection_(connection), give_up_(std::move(give_up)) {}

Outcome<std::unique_ptr<Link>> Link::open(const std::string& url, GiveUp give_up) {
  std::unique_ptr<Link> link{new Link{begin_link(url), std::move(give_up)}};
  if (auto made = link->establish(); !made) return std::unexpected(std::move(made).error());
  return link;
}

Outcome<> Link::establish() {
  auto* const conn = connection_.get();
  PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);  // or the text of a refusal would lack its SQLSTATE
  PQsetNoticeReceiver(conn, note_farewell, &farewell_);
  auto state = PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) return std::unexpected(refusal());
    if (!wait_for(state == PGRES_POLLING_READING ? POLLIN : POLLOUT))
      return std::unexpected(connect_failure("the server did not answer in time"));
    state = PQconnectPoll(conn);
  }
  PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
  return {};
}

// A missing password is noticed by libpq before the server could say so.
Failure Link::refusal() const {
  auto failure = connect_failure(PQerrorMessage(connection_.get()));
  if (PQconnectionNeedsPassword(connection_.get()) != 0) failure.sqlstate = kNoPassword;
  return failure;
}

bool Link::wait_for(short events) const {
  constexpr int kSlice = 200;  // ms between two looks at whether the owner still has patience
  for (;;) {
    pollfd wait{.fd = PQsocket(connection_.get()), .events = events, .revents = 0};
    if (::poll(&wait, 1, kSlice) > 0) return true;
    if (give_up_()) return false;
  }
}

Outcome<std::vector<Values>> Link::ask(const std::string& sql, const Values& parameters) {
  std::vector<Values> rows;
  const int sent = parameters.empty()
                       ? PQsendQuery(connection_.get(), sql.c_str())
                       : PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(parameters.size()), nullptr,
                                           pointers(parameters).data(), nullptr, nullptr, 0);
  auto collected = collect(sent != 0, [&](const Values& row) { rows.push_back(row); });
  if (!collected) return std::unexpected(std::move(collected).error());
  return rows;
}

Outcome<> Link::ask_each(const std::string& sql, const OnRow& on_row) {
  const bool sent = PQsendQuery(connection_.get(), sql.c_str()) != 0;
  if (sent) PQsetSingleRowMode(connection_.get());
  return collect(sent, on_row);
}

Outcome<> Link::prepare(const std::string& name, const std::string& sql) {
  return collect(PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr) != 0, [](const Values&) {});
}

Outcome<> Link::ask_prepared(const std::string& name, const Values& parameters) {
  const int sent = PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(parameters.size()),
                                       pointers(parameters).data(), nullptr, nullptr, 0);
  return collect(sent != 0, [](const Values&) {});
}

// Every result up to the end of the statement. Of several errors the first says why: the others are its consequences.
Outcome<> Link::collect(bool sent, const OnRow& on_row) {
  if (!sent) return std::unexpected(loss());
  std::optional<Failure> failure;
  for (;;) {
    read_until_ready();
    if (given_up_) return std::unexpected(loss());
    const ResultPtr result{PQgetResult(connection_.get())};
    if (!result) break;
    const auto kind = PQresultStatus(result.get());
    if (kind == PGRES_TUPLES_OK || kind == PGRES_SINGLE_TUPLE) hand_over(result.get(), on_row);
    if (kind != PGRES_FATAL_ERROR && kind != PGRES_BAD_RESPONSE) continue;
    if (is_fatal(result.get())) farewell_ = field_of(result.get(), PG_DIAG_SQLSTATE);
    if (!failure)
      failure = Failure{.sqlstate = field_of(result.get(), PG_DIAG_SQLSTATE),
                        .message = std::string{base::trim(PQresultErrorMessage(result.get()))}};
  }
  gather();
  if (PQstatus(connection_.get()) == CONNECTION_BAD || !farewell_.empty()) return std::unexpected(loss());
  if (failure) return std::unexpected(*failure);
  return {};
}

// When nothing can be read any more, PQgetResult() gives what came before and then says that the connection is lost.
void Link::read_until_ready() {
  while (PQisBusy(connection_.get()) != 0) {
    given_up_ = !wait_for(POLLIN);
    if (given_up_ || PQconsumeInput(connection_.get()) == 0) return;
  }
}

Outcome<> Link::listen(base::Millis time) {
  const auto deadline = base::Deadline::after(time);
  do {
    pollfd wait{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, static_cast<int>(deadline.remaining().count())) <= 0) continue;
    const bool readable = PQconsumeInput(connection_.get()) != 0;
    gather();
    if (!readable || !farewell_.empty() || PQstatus(connection_.get()) == CONNECTION_BAD)
      return std::unexpected(loss());
  } while (!deadline.passed());
  return {};
}

void Link::gather() {
  struct NotifyCloser {
    void operator()(PGnotify* notify) const { PQfreemem(notify); }
  };
  using NotifyPtr = std::unique_ptr<PGnotify, NotifyCloser>;
  while (const NotifyPtr notify{PQnotifies(connection_.get())}) notifications_.emplace_back(notify->extra);
}

std::vector<std::string> Link::take_notifications() { return std::exchange(notifications_, {}); }

Failure Link::loss() const {
  const std::string why{given_up_ ? "no answer came" : base::trim(PQerrorMessage(connection_.get()))};
  return {.sqlstate = farewell_.empty() ? std::string{kConnectionLost} : farewell_, .message = why, .lost = true};
}

}  // namespace pgbaton::witness
