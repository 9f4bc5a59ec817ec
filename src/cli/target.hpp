// The `pgbaton up` that a command on its machine is about: by the folder that was named, else the only one that runs.
#pragma once

#include <optional>

#include "cli/options.hpp"
#include "cli/registry.hpp"

namespace pgbaton::cli {

struct HouseTarget {
  system::Path data;
  std::optional<Registration> running;
};

/// Code::not_found for a folder that is not there. Nothing runs: the folder that would be meant, without one running.
[[nodiscard]] base::Result<HouseTarget> find_house(const Options& options, const Environment& environment);

}  // namespace pgbaton::cli
