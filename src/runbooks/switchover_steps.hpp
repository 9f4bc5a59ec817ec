// How a standby becomes the primary while clients are held: the steps that switchover, rolling upgrade and failover
// share. facts["candidate"] and facts["old_primary"] are the names of the two nodes, chosen by an earlier step.
//
// Until the gateway has moved, no client can write to the candidate, even when it is promoted already: it is let in by
// nobody but the gateway. So everything before that can be gone back from.
#pragma once

#include "runbooks/cluster.hpp"

namespace pgbaton::runbooks {

/// Chooses the candidate; Code::refused when nothing may be switched to, with the reason. Waits a while for a standby
/// that is about to catch up.
[[nodiscard]] base::Result<> choose_candidate(Context& context);
/// Everything that takes long is done before clients wait: CHECKPOINT on both, and the candidate made ready.
[[nodiscard]] base::Result<> make_ready(Context& context);
/// Sessions are read, and opened and loaded on the candidate.
[[nodiscard]] base::Result<> prepare_on_candidate(Context& context);
/// Waits until the candidate has all of the log, then stops the old primary at once. facts["fence"].
[[nodiscard]] base::Result<> fence(Context& context);
[[nodiscard]] base::Result<> start_old_primary(Context& context);
/// facts["promote"].
[[nodiscard]] base::Result<> promote(Context& context);
[[nodiscard]] base::Result<> take_back_promotion(Context& context);
/// The gateway serves the candidate, and the records say so.
[[nodiscard]] base::Result<> move_clients(Context& context);
/// The other standbys, then the old primary, follow the new one; with these engines.
[[nodiscard]] base::Result<> rejoin_others(Context& context);
/// All standbys have caught up; commits wait for them again, where that was chosen.
[[nodiscard]] base::Result<> synchronise(Context& context);
[[nodiscard]] base::Result<> certify_switch(Context& context);

/// What a failover may have lost: {from_lsn, to_lsn, commits, last_seen_lsn}, null for nothing. `old_primary` is how
/// the lost one came back, if it did; the positions are texts. Pure.
[[nodiscard]] base::Json possibly_lost(const api::RejoinAnswer& old_primary, const std::string& from,
                                       const std::string& last_seen);

[[nodiscard]] const model::Node& candidate_of(Context& context);
[[nodiscard]] const model::Node& old_primary_of(Context& context);

/// facts["fence"]
struct Fence {
  base::Lsn position;     // the old primary's last, which the candidate has
  std::string fenced_at;  // RFC 3339
  std::string system_identifier;
  int timeline = 0;
};
PGBATON_JSON(Fence, position, fenced_at, system_identifier, timeline)

}  // namespace pgbaton::runbooks
