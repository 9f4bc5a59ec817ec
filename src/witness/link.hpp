// One connection of a client: libpq, waiting for answers as long as its owner has patience. Used by one thread.
//
// It remembers notifications until they are taken, and the SQLSTATE of a server that says good-bye between statements.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <libpq-fe.h>

#include "base/result.hpp"
#include "base/time.hpp"
#include "witness/failure.hpp"

namespace pgbaton::witness {

/// Asked a few times a second while an answer is waited for: whether to wait no longer.
using GiveUp = std::function<bool()>;
using Values = std::vector<std::string>;  // of one row; NULL is empty
using OnRow = std::function<void(const Values&)>;

/// Code::invalid_argument when libpq cannot read it.
[[nodiscard]] base::Result<> check_url(const std::string& url);

class Link {
 public:
  [[nodiscard]] static Outcome<std::unique_ptr<Link>> open(const std::string& url, GiveUp give_up);
  Link(const Link&) = delete;  // libpq holds its address
  Link& operator=(const Link&) = delete;

  /// One statement; its rows. Without parameters it goes by the simple protocol.
  [[nodiscard]] Outcome<std::vector<Values>> ask(const std::string& sql, const Values& parameters = {});
  /// The same row by row, for answers that should not stand in memory.
  [[nodiscard]] Outcome<> ask_each(const std::string& sql, const OnRow& on_row);
  [[nodiscard]] Outcome<> prepare(const std::string& name, const std::string& sql);
  [[nodiscard]] Outcome<> ask_prepared(const std::string& name, const Values& parameters);
  /// Reads what comes without having been asked for, for as long as this.
  [[nodiscard]] Outcome<> listen(base::Millis time);
  /// Payloads since the last call, in their order.
  [[nodiscard]] std::vector<std::string> take_notifications();

 private:
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  Link(PGconn* connection, GiveUp give_up);
  [[nodiscard]] Outcome<> establish();
  [[nodiscard]] Outcome<> collect(bool sent, const OnRow& on_row);
  [[nodiscard]] bool wait_for(short events) const;
  void read_until_ready();
  void gather();
  [[nodiscard]] Failure refusal() const;
  [[nodiscard]] Failure loss() const;

  std::unique_ptr<PGconn, Closer> connection_;
  GiveUp give_up_;
  std::string farewell_;  // SQLSTATE of a FATAL message
  bool given_up_ = false;
  std::vector<std::string> notifications_;
};

}  // namespace pgbaton::witness
