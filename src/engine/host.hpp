// Engines that this host has from its own packages: found and used where they are.
#pragma once

#include "engine/source.hpp"
#include "engine/tool.hpp"
#include "model/engine.hpp"

namespace pgbaton::engine {

struct HostEngine {
  model::EngineId id;  // the build ends in "host": the host's package manager may replace the files at any time
  system::Path bindir;
};
[[nodiscard]] std::vector<HostEngine> find_host(const Source& source, const Patience& patience);

/// Whether an installed engine is one of the host's own.
[[nodiscard]] bool is_host(const model::EngineId& id);
/// Whether the programs in `bindir` still are this engine.
[[nodiscard]] bool is_still(const model::EngineId& id, const system::Path& bindir, const Patience& patience);

}  // namespace pgbaton::engine
