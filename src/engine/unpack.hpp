// Debian packages from the cache into a folder, each verified right before.
#pragma once

#include "engine/apt_text.hpp"
#include "engine/tool.hpp"

namespace pgbaton::engine {

/// Code::corrupt unless the file is what the index says it is.
[[nodiscard]] base::Result<> verify(const Deb& deb, const system::Path& file);

/// Unpacks two packages at a time. `on_unpack` is called from one thread at a time, not always the caller's.
[[nodiscard]] base::Result<> unpack(std::vector<Deb> debs, const system::Path& cache, const system::Path& target,
                                    const Patience& patience, const OnFraction& on_unpack);

}  // namespace pgbaton::engine
