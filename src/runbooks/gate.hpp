// What runbooks do with a database's gate.
#pragma once

#include "runbooks/runbook.hpp"

namespace pgbaton::runbooks {

/// How long clients may be held up, and what becomes of those that stand in the way. In an operation's request.
struct HoldTerms {
  std::int64_t max_stall_ms = 5'000;  // how long open transactions are waited for
  bool end_sessions = false;          // what cannot wait or be carried is ended instead of refused
  std::int64_t longest_ms = 120'000;  // after that the gate opens by itself, should we never be heard of again
};
PGBATON_JSON(HoldTerms, max_stall_ms, end_sessions, longest_ms)

/// What a gateway is told to serve a database as its primary is now.
[[nodiscard]] base::Result<api::ServedDatabase> served(const Agents& agents, const model::Database& database);

/// The gateway serves the database as its instance is now.
[[nodiscard]] base::Result<> serve(Context& context);
[[nodiscard]] base::Result<> forget(Context& context);

/// Reads what can be read of the sessions while they go on, and names what could not be carried.
[[nodiscard]] base::Result<> prepare(Context& context);
/// And opens and loads them on this server too, a standby that is about to be promoted.
[[nodiscard]] base::Result<> prepare_with(Context& context, const std::optional<api::ServerAddress>& candidate);
/// Closes the gate: from here on clients wait.
[[nodiscard]] base::Result<> hold(Context& context);
/// Replication connections stay until the server stops.
[[nodiscard]] base::Result<> hold_for_pg_upgrade(Context& context);
/// Whether clients are held for this operation now: before the server under them may go.
[[nodiscard]] base::Result<> check_held(const Context& context);
/// Waits until the sessions that were re-created have been compared with what they were; facts["compare"].
[[nodiscard]] base::Result<> compare(Context& context);
/// Opens it; facts["resume"].
[[nodiscard]] base::Result<> resume(Context& context);

}  // namespace pgbaton::runbooks
