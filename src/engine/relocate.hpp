// Makes unpacked packages run from where they lie: lays out the tree, points every program at the tree's own dynamic
// linker and libraries, proves that nothing is found outside, and drops what is not used.
//
//   TREE/lib/                        libraries, flat, and ld-linux
//   TREE/lib/postgresql/N/{bin,lib}  the relative places in which PostgreSQL looks for its modules
//   TREE/share/postgresql/N          … and its data
#pragma once

#include "engine/tool.hpp"

namespace pgbaton::engine {

/// Paths of everything named *.so or *.so.* below a folder, PostgreSQL's modules and character converters excepted.
[[nodiscard]] std::vector<system::Path> libraries_in(const system::Path& folder);

/// Moves what an engine of this major needs from `unpacked` into `tree` and removes `unpacked`.
[[nodiscard]] base::Result<> lay_out(const system::Path& unpacked, const system::Path& tree, int major);

/// Points the programs of `bindir` at the tree, checks all programs and modules, and removes libraries that neither
/// they nor `keep` name.
[[nodiscard]] base::Result<> relocate(const system::Path& tree, int major, const std::vector<std::string>& keep,
                                      const Patience& patience);

/// The same for one program of another package, usr/bin/NAME: TREE/bin/NAME and TREE/lib.
[[nodiscard]] base::Result<> lay_out_program(const system::Path& unpacked, const system::Path& tree,
                                             const std::string& name);
[[nodiscard]] base::Result<> relocate_program(const system::Path& tree, const std::string& name,
                                              const Patience& patience);

}  // namespace pgbaton::engine
