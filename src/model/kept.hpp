// The old version that is kept beside a database after a major-upgrade, until it is given up.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/names.hpp"
#include "model/version.hpp"

namespace pgbaton::model {

/// How pg_upgrade brings the tables' files from the old data directory to the new one.
/// copy: bytes are copied. clone: the file system shares them until one side writes (XFS, Btrfs). link: hard links; the
/// old version may not be started again once the new one has been opened for clients.
enum class Transfer { link, clone, copy };
PGBATON_ENUM_NAMES(Transfer, {Transfer::link, "link"}, {Transfer::clone, "clone"}, {Transfer::copy, "copy"})

/// Whether the old version can be brought back after clients have written to the new one.
constexpr bool allows_revert(Transfer transfer) { return transfer != Transfer::link; }

/// The data directory of a standby that was stopped at the old version's last checkpoint: whole in every transfer mode.
struct KeptCopy {
  std::string node;
  std::string data;
};
PGBATON_JSON(KeptCopy, node, data)

struct Kept {
  EngineId engine;   // of the old version
  std::string data;  // its data directory: a name in the instance's folder
  Transfer transfer = Transfer::link;
  std::string upgraded_at;  // RFC 3339: the moment that a revert would go back to
  std::string until;        // RFC 3339: it is deleted then, unless finalize did it before
  std::string operation;    // that upgraded
  std::string next_xid;     // the first transaction that only the new version knows
  std::string node;         // that has `data`: the primary of then; empty: the only one
  std::vector<KeptCopy> standbys;
  base::Lsn checkpoint;  // the old version's last
};
PGBATON_JSON(Kept, engine, data, transfer, upgraded_at, until, operation, next_xid, node, standbys, checkpoint)

[[nodiscard]] inline bool allows_revert(const Kept& kept) {
  return allows_revert(kept.transfer) || !kept.standbys.empty();
}

}  // namespace pgbaton::model
