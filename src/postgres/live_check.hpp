// `pg_upgrade --check` while the old server serves clients. It is given a stand-in for the old data directory: a folder
// with copies of the three small files that it reads, and no pid. Whatever it asks, it asks over the Unix socket and
// read-only; it can neither start, stop nor write to the old cluster, also when that one dies meanwhile.
#pragma once

#include <stop_token>

#include "postgres/rehearsal.hpp"

namespace pgbaton::postgres {

/// What pg_upgrade of the target complains about. It ends at its first complaint about anything but columns' types.
/// `live` runs; `target` was initialised with what has to be the same on both sides (conversion.hpp: fitted_to()), and
/// does not run: it is started and stopped. Rehearsed::refused, or Rehearsed::unchecked where pg_upgrade did not get to
/// an answer. An error: it could not be run at all.
[[nodiscard]] base::Result<std::vector<RehearsalFinding>> check_live(const Spec& live, const Spec& target,
                                                                     base::Deadline deadline,
                                                                     const std::stop_token& stop);

/// What pg_upgrade printed, taken apart; the lists that it names are read below `directory`.
[[nodiscard]] std::vector<RehearsalFinding> complaints_in(std::string_view said, const system::Path& directory);

}  // namespace pgbaton::postgres
