// Engines from a Debian suite: which there are, and their packages fetched and unpacked into a tree.
#pragma once

#include "engine/apt_root.hpp"

namespace pgbaton::engine {

struct SuiteContents {
  std::vector<model::FoundEngine> engines;
  std::vector<std::string> warnings;
};
/// Asks the mirror. What an earlier answer told stays known when it cannot be reached now; the warning says so.
[[nodiscard]] base::Result<SuiteContents> find_debian(const Folder& folder, const Source& source,
                                                      const Patience& patience);

/// Fetches, verifies and unpacks into `target`. Libraries that only a running program asks for are named in `whole`.
struct Unpacked {
  std::vector<model::Package> packages;
  std::vector<std::string> keep;     // names of libraries to keep although no ELF names them
  std::vector<std::string> lacking;  // extension packages wanted that the suite does not have
};
[[nodiscard]] base::Result<Unpacked> unpack_debian(const Folder& folder, const Source& source,
                                                   const model::FoundEngine& engine, const system::Path& target,
                                                   const Patience& patience, const OnFraction& on_download,
                                                   const OnFraction& on_unpack);

}  // namespace pgbaton::engine
