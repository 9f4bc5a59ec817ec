// Which history of the log a database lived in, and since when: how a moment is found again in the backups.
#pragma once

#include <string>

#include "base/names.hpp"
#include "base/units.hpp"

namespace pgbaton::model {

/// From `since` until the next one begins. A major-upgrade, a revert and a restore in place begin one; a failover does
/// not: it goes on with what was there.
struct Epoch {
  std::string since;              // RFC 3339
  std::string system_identifier;  // of the cluster
  std::string restored_to;        // RFC 3339: its past is the epoch's before, up to then; empty: no restore began it
  int parent = -1;                // the epoch whose data it goes on with; -1: the one before
  int last_timeline = 0;          // when it ended; 0: it goes on
  base::Lsn end;                  // where its log ended; 0/0: it goes on, or nobody knows
};
PGBATON_JSON(Epoch, since, system_identifier, restored_to, parent, last_timeline, end)

}  // namespace pgbaton::model
