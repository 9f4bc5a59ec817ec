// A session's state: read from one server, re-created on another.
//
// One query reads all of it, in the extended protocol with a statement name of its own, so that the client's unnamed
// statement stays. Everything in it is schema-qualified: the client's search_path may shadow names (CVE-2025-12819).
//
// Text is in the client's encoding, on both servers, and never converted. How often a lock is held is not visible: it
// is taken once. transaction_isolation and its like are of one transaction, though pg_settings calls them the
// session's.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "wire/journal.hpp"

namespace pgbaton::wire {

struct Setting {
  std::string name;
  std::string value;
  bool operator==(const Setting&) const = default;
};
PGBATON_JSON(Setting, name, value)

struct PreparedStatement {
  std::string name;
  std::string sql;                   // of a Parse: its text; of PREPARE: the whole string that it came in
  std::vector<std::uint32_t> types;  // OIDs of the parameters
  bool from_sql = false;
  bool operator==(const PreparedStatement&) const = default;
};
PGBATON_JSON(PreparedStatement, name, sql, types, from_sql)

struct AdvisoryLock {
  std::uint32_t classid = 0;
  std::uint32_t objid = 0;
  int objsubid = 0;  // 1: one bigint, 2: two integers
  bool shared = false;
  bool operator==(const AdvisoryLock&) const = default;
};
PGBATON_JSON(AdvisoryLock, classid, objid, objsubid, shared)

struct SessionState {
  std::string session_user;
  std::string login_user;                     // who logged in; differs after SET SESSION AUTHORIZATION
  std::string role;                           // "none" when SET ROLE was not done
  std::vector<Setting> settings;              // source = session, without role; by name
  std::vector<Setting> placeholders;          // custom settings that have a value
  std::vector<PreparedStatement> statements;  // in their order of creation
  std::vector<std::string> channels;          // of LISTEN
  std::vector<AdvisoryLock> locks;            // of the session
  std::vector<std::string> holdable_cursors;
  std::vector<std::string> temporary;  // tables, views, sequences and functions in pg_temp
  bool operator==(const SessionState&) const = default;
};
PGBATON_JSON(SessionState, session_user, login_user, role, settings, placeholders, statements, channels, locks,
             holdable_cursors, temporary)

/// The messages that ask for the state, Sync included; the answer is one DataRow of one column, for read_state.
[[nodiscard]] std::string ask_state(const std::set<std::string>& placeholders);
/// The same, and the statement stays at the server, planned, until ask_state_again(Kept::no): planning is near half of
/// what a reading costs. The client could see it in pg_prepared_statements. Nothing where a name would depend on the
/// client's encoding.
[[nodiscard]] std::optional<std::string> ask_state_and_keep(const std::set<std::string>& placeholders);
enum class Kept { no, yes };
/// With the statement that was kept and its names. Fails when the client has deallocated it (26000).
[[nodiscard]] std::string ask_state_again(Kept after);
[[nodiscard]] base::Result<SessionState> read_state(std::string_view json);

/// What of the session cannot be carried, in words for people; empty: everything can.
[[nodiscard]] std::vector<std::string> uncarried(const SessionState& state, const Journal& journal);
/// Whether a session may be without a server connection while it is idle: it hears no channel, holds no lock, and has
/// nothing that only its server has.
[[nodiscard]] bool can_be_parked(const SessionState& state);
/// Nothing to re-create: a fresh connection of the same startup is the same session.
[[nodiscard]] bool is_plain(const SessionState& state);

/// recovery: what a standby refuses is left out: LISTEN and a default_transaction_isolation of serializable.
enum class During { writable, recovery };
/// The messages that re-create the state in a fresh session of the same startup: each step ends with a Sync of its own,
/// `syncs` counts them. Their answers are the gateway's to swallow; an ErrorResponse among them is a failure.
/// Order: settings, client_encoding first; placeholders; session_user, which may not set what a superuser set; role,
/// because statements are parsed with its rights; statements; locks, which fail at once when somebody else has them;
/// LISTEN; timeouts of statements, which could end the steps before; and last the client's unnamed statement.
struct Restore {
  std::string bytes;
  int syncs = 0;
};
[[nodiscard]] Restore restore(const SessionState& state, std::string_view unnamed, During during = During::writable);
/// What During::recovery left out, once the server has been promoted. The session's timeouts are in force by then.
[[nodiscard]] Restore restore_after_recovery(const SessionState& state);

/// What differs, in words for people, between the state that was and the one that was re-created; empty: nothing.
[[nodiscard]] std::vector<std::string> differences(const SessionState& was, const SessionState& is);

}  // namespace pgbaton::wire
