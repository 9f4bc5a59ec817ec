// Makes data directories into standbys: by a base backup, by pg_rewind, or as they are.
//
// Each takes the spec's upstream as the node to follow. A folder that was being rewound when somebody died is marked,
// and start() refuses it: it is neither what it was nor what it was to become.
#pragma once

#include <functional>
#include <stop_token>

#include "postgres/spec.hpp"

namespace pgbaton::postgres {

using OnProgress = std::function<void(std::string_view phase, double fraction)>;

/// pg_basebackup, built beside its place and renamed into it: a killed attempt leaves nothing but a folder that the
/// next attempt removes. One that is there already stays; only its files of settings are written. Not started.
[[nodiscard]] base::Result<> create_standby(const Spec& spec, base::Deadline deadline, const std::stop_token& stop = {},
                                            const OnProgress& progress = {});
/// The same for one whose data are of no use any more: they are in their place until the new ones are whole. Stopped.
[[nodiscard]] base::Result<> rebuild_standby(const Spec& spec, base::Deadline deadline,
                                             const std::stop_token& stop = {}, const OnProgress& progress = {});
/// pg_rewind from the upstream, a primary. Stopped, however. What fails half-way leaves a marked folder.
[[nodiscard]] base::Result<> rewind_standby(const Spec& spec, base::Deadline deadline,
                                            const std::stop_token& stop = {});

/// Whether its next start makes it a standby.
[[nodiscard]] bool is_standby(const Spec& spec);
/// One whose promotion had begun when it died is a standby again.
[[nodiscard]] base::Result<> keep_half_promoted(const Spec& spec, base::Deadline deadline);
/// Its next start makes it a standby of the spec's upstream; files of settings included.
[[nodiscard]] base::Result<> mark_as_standby(const Spec& spec);

}  // namespace pgbaton::postgres
