// What the dynamic linker would load for a program, asked of the linker itself. Nothing is run or changed.
#pragma once

#include "engine/tool.hpp"

namespace pgbaton::engine {

/// Where a program of a laid-out tree or of the host finds a library.
struct Resolved {
  std::string library;  // "libicui18n.so.76"
  system::Path path;    // empty: not found
};
/// From the output of `ld.so --list`. Pure.
[[nodiscard]] std::vector<Resolved> parse_resolved(std::string_view text);

/// The dynamic linker that a program names.
[[nodiscard]] base::Result<system::Path> interpreter_of(const system::Path& program, const Patience& patience);
/// What a program, with these modules (of one folder) loaded into it, resolves to.
[[nodiscard]] base::Result<std::vector<Resolved>> resolve_libraries(const system::Path& program,
                                                                    const std::vector<system::Path>& modules,
                                                                    const Patience& patience);

}  // namespace pgbaton::engine
