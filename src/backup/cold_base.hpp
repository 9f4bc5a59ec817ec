// The base of a line that a major-upgrade by links begins: so that every moment from the upgrade on can be restored,
// and not only those after the first base backup.
//
// pg_upgrade leaves a cluster at rest whose tables' files are those of the old one, and whose catalogs are its own. The
// catalogs are kept, a copy of some megabytes; the tables' files are as the old line's log leaves them at its end.
//
//   PLACE/files/        what is the new cluster's own
//   PLACE/links.json    [[path in the new data directory, path in the old one]]
#pragma once

#include "base/result.hpp"
#include "base/units.hpp"
#include "system/file.hpp"

namespace pgbaton::backup {

/// Both clusters are at rest. It is there whole or not at all; one that is there is replaced. Returns how much was
/// copied. Code::refused when the two share no files: it was not an upgrade by links.
[[nodiscard]] base::Result<base::Bytes> keep_cold_base(const system::Path& old_data, const system::Path& new_data,
                                                       const system::Path& place);
[[nodiscard]] bool has_cold_base(const system::Path& place);

/// Fills `data` with the new cluster as it was. Files are moved out of `old_data`, the old line at its end, at rest.
/// Code::corrupt when one of them is missing there.
[[nodiscard]] base::Result<> assemble(const system::Path& place, const system::Path& old_data,
                                      const system::Path& data);

/// Whether a table is whole without it: free space and visibility are found out again. Pure.
[[nodiscard]] bool can_be_without(std::string_view path);

}  // namespace pgbaton::backup
