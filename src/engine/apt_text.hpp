// What apt prints, as values. Pure: no process is run here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/engine.hpp"

namespace pgbaton::engine {

/// Where this host's apt gets Debian from. Nothing here is written down anywhere: `apt-get indextargets` says it.
struct Mirror {
  std::string main;      // URI of the archive
  std::string security;  // URI of the security archive; empty: this host uses none
  std::string keyring;   // file with the archive's keys
  bool operator==(const Mirror&) const = default;
};
/// From the stanzas of `apt-get indextargets`.
[[nodiscard]] base::Result<Mirror> parse_mirror(std::string_view indextargets);

struct PackageVersion {
  std::string package;
  std::string version;
  bool operator==(const PackageVersion&) const = default;
};
/// From `apt-cache madison`, newest first, each once.
[[nodiscard]] std::vector<PackageVersion> parse_madison(std::string_view text);

/// One file to fetch, as the signed index names it.
struct Deb {
  std::string package;
  std::string version;
  std::string file;
  std::int64_t size = 0;
  std::string sha256;
  bool operator==(const Deb&) const = default;
};
/// From `apt-get --print-uris`. A file without a SHA-256 is an error: it could not be verified.
[[nodiscard]] base::Result<std::vector<Deb>> parse_uris(std::string_view text);

/// The engine that a Debian package version is: 17.12-0+deb13u1 is 17.12-deb13u1. Betas are none.
[[nodiscard]] std::optional<model::EngineId> engine_of(std::string_view package_version);

/// Whether text is a Debian version and nothing that apt would read as something else.
[[nodiscard]] bool is_package_version(std::string_view text);

/// 0 … 1 from a line "dlstatus:7:12.5:Retrieving file 7 of 56" of APT::Status-Fd.
[[nodiscard]] std::optional<double> parse_download_status(std::string_view line);

}  // namespace pgbaton::engine
