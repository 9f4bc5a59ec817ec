// What a build of PostgreSQL says of itself, asked of its files. Nothing is changed.
#pragma once

#include "engine/tool.hpp"
#include "model/engine.hpp"

namespace pgbaton::engine {

/// From "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)": version, and the distribution's own (may be empty).
struct ServerVersion {
  model::Version version;
  std::string package_version;
};
[[nodiscard]] base::Result<ServerVersion> parse_server_version(std::string_view text);
[[nodiscard]] base::Result<ServerVersion> server_version(const system::Path& bindir, const Patience& patience);

/// The folder with extension/*.control that belongs to a bindir.
[[nodiscard]] base::Result<system::Path> share_folder(const system::Path& bindir, int major);

/// From an extension's control file.
[[nodiscard]] std::string parse_default_version(std::string_view control);
[[nodiscard]] std::vector<model::Extension> extensions_in(const system::Path& share);

/// glibc and ICU that this build runs with.
[[nodiscard]] base::Result<model::CollationVersions> collation_versions(const system::Path& bindir,
                                                                        const Patience& patience);

}  // namespace pgbaton::engine
