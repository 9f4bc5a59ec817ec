// The proof that an engine runs here: initdb, start on a Unix socket only, queries, stop.
#pragma once

#include "engine/tool.hpp"
#include "model/version.hpp"

namespace pgbaton::engine {

/// Works in `folder`, which is made and removed. PostgreSQL refuses to run as root: then it runs as `nobody`, who must
/// be able to reach the folder.
[[nodiscard]] base::Result<> trial(const system::Path& bindir, model::Version version, const system::Path& folder,
                                   const Patience& patience);

}  // namespace pgbaton::engine
