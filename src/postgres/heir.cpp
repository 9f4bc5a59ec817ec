// The last look at a primary that is to be stopped for good: does the standby that comes after it have everything?
#include <thread>

#include <fmt/format.h>

#include "postgres/platform.hpp"
#include "postgres/replication.hpp"
#include "postgres/replication_text.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Deadline;
using base::Lsn;
using base::Millis;
using base::Result;

constexpr Millis kLookAgain{1};

// One question, since clients wait for the answer. $4: the standby that comes after it.
const std::string& look_question() {
  static const std::string question = fmt::format(R"(
SELECT pg_is_in_recovery(),
       (SELECT system_identifier FROM pg_control_system()),
       CASE WHEN pg_is_in_recovery() THEN 0
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8))::bit(32)::int END,
       CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_insert_lsn() END,
       CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_flush_lsn() END,
       (SELECT max(flush_lsn) FROM pg_stat_replication WHERE application_name = $4 AND state = 'streaming'),
       ({}))",
                                                  kCountForeignSessions);
  return question;
}

struct Look {
  bool in_recovery = false;
  std::string system_identifier;
  int timeline = 0;
  Lsn inserted;
  Lsn flushed;
  Lsn heirs;  // on the heir's disk, as it has told
  int foreign = 0;
};

Lsn lsn_of(const Value& value) { return base::parse_lsn(value.value_or("")).value_or(Lsn{}); }

Result<Look> look(const Spec& spec, Connection& connection, const std::string& heir, Deadline deadline) {
  const auto rows = TRY(connection.query(
      look_question(), deadline, {spec.superuser, std::string{kReplicationRole}, std::string{kGatewayDn}, heir}));
  const auto& row = rows.rows.at(0);
  return Look{.in_recovery = row[0] == "t",
              .system_identifier = row[1].value_or(""),
              .timeline = std::atoi(row[2].value_or("0").c_str()),
              .inserted = lsn_of(row[3]),
              .flushed = lsn_of(row[4]),
              .heirs = lsn_of(row[5]),
              .foreign = std::atoi(row[6].value_or("0").c_str())};
}

// A commit with synchronous_commit = off is acknowledged before it is on disk; the commit of a message that is not
// brings everything before it there.
Result<> flush(Connection& connection, Deadline deadline) {
  TRY(connection.query("SELECT set_config('synchronous_commit', 'local', false)", deadline));
  TRY(connection.query("SELECT pg_logical_emit_message(true, 'pgbaton', '')", deadline));
  return {};
}

}  // namespace

Result<api::LogEnd> await_heir(const Spec& spec, const std::string& heir, Deadline deadline) {
  auto connection = TRY(connect_as_platform(spec, "postgres", deadline));
  bool is_flushed = false;
  for (;; std::this_thread::sleep_for(kLookAgain)) {
    const auto now = TRY(look(spec, connection, heir, deadline));
    if (now.in_recovery) return base::fail(Code::failed, "{} is no primary", spec.name);
    if (now.foreign > 0)
      return base::fail({Code::refused,
                         fmt::format("{} sessions are connected to PostgreSQL past the gateway", now.foreign),
                         "End them: what they write would not be held."});
    if (now.inserted > now.flushed && !is_flushed) {
      TRY(flush(connection, deadline));
      is_flushed = true;
      continue;
    }
    if (now.heirs >= now.flushed) return api::LogEnd{now.flushed, now.system_identifier, now.timeline};
    if (deadline.passed())
      return base::fail({Code::refused, fmt::format("standby {} did not catch up while clients waited", heir),
                         "Try again when there is less load."});
  }
}

}  // namespace pgbaton::postgres
