// A private apt root for one Debian suite: its own lists, cache and (empty) package status, so that any suite's
// packages can be resolved and fetched on this host without touching what the host has installed. The host's apt
// configuration (proxies, certificates, credentials) still applies: it is what makes the mirror reachable. apt itself
// verifies signatures and hashes.
//
// Between processes: the root's lock is held for as long as the object lives. Works as root and as an ordinary user.
#pragma once

#include "engine/apt_text.hpp"
#include "engine/folder.hpp"
#include "engine/source.hpp"

namespace pgbaton::engine {

class AptRoot {
 public:
  [[nodiscard]] static base::Result<AptRoot> open(const Folder& folder, const Source& source, const Patience& patience);

  /// Fetches the indexes. When some could not be fetched that is an error, and the others are in place.
  [[nodiscard]] base::Result<> update(const Patience& patience) const;
  /// Removes cached files that the indexes no longer name: the cache holds at most what the suite offers.
  [[nodiscard]] base::Result<> drop_outdated(const Patience& patience) const;
  /// Whether indexes are there: from this update or an earlier one.
  [[nodiscard]] bool has_lists() const;
  /// Versions of these packages; a package that the suite lacks has none.
  [[nodiscard]] base::Result<std::vector<PackageVersion>> versions(const std::vector<std::string>& packages,
                                                                   const Patience& patience) const;
  /// The dependency closure of "package=version" words.
  [[nodiscard]] base::Result<std::vector<Deb>> resolve(const std::vector<std::string>& packages,
                                                       const Patience& patience) const;
  /// What is still to be downloaded of these files. Cached files that do not have the index's hash are removed.
  [[nodiscard]] base::Result<std::vector<Deb>> missing(const std::vector<Deb>& debs) const;
  /// Fetches the files into the cache.
  [[nodiscard]] base::Result<> download(const std::vector<Deb>& debs, const Patience& patience,
                                        const OnFraction& on_fraction) const;
  [[nodiscard]] system::Path cached(const Deb& deb) const { return root_ / "debs" / deb.file; }

 private:
  AptRoot(system::Path root, system::FileLock lock) : root_(std::move(root)), lock_(std::move(lock)) {}
  [[nodiscard]] std::vector<std::string> command(std::string_view program, std::vector<std::string> arguments) const;

  system::Path root_;
  system::FileLock lock_;
};

}  // namespace pgbaton::engine
