// A major-upgrade of one instance's files: a new data directory beside the old one, filled by pg_upgrade. Nothing here
// starts a server for anybody but pg_upgrade itself; which directory counts is the caller's fact.
//
// INSTANCES/NAME/DATA-OF-TARGET holds pgbaton.begun while pg_upgrade works in it and pgbaton.converted, with what it
// said, once it is whole and durable. INSTANCES/NAME/upgrade/ is pg_upgrade's working directory.
//
// The way back, moment by moment: until "linking" the old directory is untouched. In link mode pg_upgrade then renames
// the old global/pg_control, so that nobody starts the old server by mistake; take_back() renames it again. That is
// safe for as long as no table's file was written by the new server: a guarded one writes none, and take_back() looks
// whether that is so.
#pragma once

#include <functional>
#include <stop_token>

#include "model/kept.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

struct Conversion {
  Spec from;  // stopped cleanly
  Spec to;    // the same instance with the target's engine and data directory
  model::Transfer transfer = model::Transfer::link;
  std::string configuration;  // postgresql.auto.conf of the target
};

/// Called with what pg_upgrade has just done, as it words it.
using OnPhase = std::function<void(std::string_view)>;

struct Converted {
  std::vector<std::string> phases;
};
PGBATON_JSON(Converted, phases)

/// `target` with the segment size and the checksums of `from`, which pg_upgrade needs to be the same on both sides.
[[nodiscard]] base::Result<Spec> fitted_to(const Spec& from, Spec target, base::Deadline deadline);

/// initdb of the target, with what pg_upgrade needs to be the same on both sides taken from the old one's pg_control.
/// One that pg_upgrade has been at is made anew.
[[nodiscard]] base::Result<> prepare_target(const Conversion& conversion, base::Deadline deadline);

/// Runs pg_upgrade, or returns what it said when it has been done already. May be called again after a death anywhere.
[[nodiscard]] base::Result<Converted> convert(const Conversion& conversion, base::Deadline deadline,
                                              const std::stop_token& stop, const OnPhase& on_phase);
[[nodiscard]] bool is_converted(const Spec& target);

/// Ends every server and tool that works in either directory and makes the old one startable. Code::corrupt: a table's
/// file that both share was written after pg_upgrade had ended, the old version cannot be trusted with it any more.
[[nodiscard]] base::Result<> take_back(const Conversion& conversion, base::Deadline deadline);

/// Removes a data directory with its folders in tablespaces.
[[nodiscard]] base::Result<> remove_data(const Spec& spec, int major, base::Deadline deadline);

/// Whether the file system that holds the instance can share a file's blocks between copies (FICLONE).
[[nodiscard]] bool can_clone(const system::Path& folder);

}  // namespace pgbaton::postgres
