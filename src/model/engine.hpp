// An engine: one build of PostgreSQL, its life in the catalog and what is known of its files.
#pragma once

#include <string>
#include <vector>

#include "base/names.hpp"
#include "base/units.hpp"
#include "model/version.hpp"

namespace pgbaton::model {

// found → qualified → available → default → deprecated → withdrawn
enum class EngineState { found, qualified, available, default_, deprecated, withdrawn };
PGBATON_ENUM_NAMES(EngineState, {EngineState::found, "found"}, {EngineState::qualified, "qualified"},
                   {EngineState::available, "available"}, {EngineState::default_, "default"},
                   {EngineState::deprecated, "deprecated"}, {EngineState::withdrawn, "withdrawn"})

/// Released: databases may be created on it or upgraded to it.
constexpr bool is_released(EngineState state) {
  return state == EngineState::available || state == EngineState::default_ || state == EngineState::deprecated;
}

struct Extension {
  std::string name;
  std::string version;  // the control file's default_version
};
PGBATON_JSON(Extension, name, version)

struct Package {
  std::string name;
  std::string version;
  std::string sha256;
};
PGBATON_JSON(Package, name, version, sha256)

/// Versions of what decides the order of strings: a change can break indexes.
struct CollationVersions {
  std::string libc;  // glibc, "2.41"
  std::string icu;   // "76.1", empty: built without
  bool operator==(const CollationVersions&) const = default;
};
PGBATON_JSON(CollationVersions, libc, icu)

/// What an installed engine says of itself: the file manifest.json in its folder.
struct EngineManifest {
  EngineId id;
  std::string source;  // name of the source it came from
  std::string bindir;  // absolute; holds postgres, initdb, pg_ctl, pg_upgrade …
  std::string installed_at;
  base::Bytes size;
  CollationVersions collation;
  std::vector<Extension> extensions;
  std::vector<Package> packages;  // empty for the host's own engines
};
PGBATON_JSON(EngineManifest, id, source, bindir, installed_at, size, collation, extensions, packages)

/// A version that a source offers, installed or not.
struct FoundEngine {
  EngineId id;
  std::string source;
  std::string package_version;  // "17.12-0+deb13u1"; empty for the host's own
};
PGBATON_JSON(FoundEngine, id, source, package_version)

struct QualificationCheck {
  std::string name;
  bool passed = false;
  std::int64_t duration_ms = 0;
  std::string detail;
};
PGBATON_JSON(QualificationCheck, name, passed, duration_ms, detail)

struct Qualification {
  std::string level;  // "short" | "long"
  bool passed = false;
  std::string finished_at;
  std::vector<QualificationCheck> checks;
  std::string log;  // file on the agent's host with the complete output
};
PGBATON_JSON(Qualification, level, passed, finished_at, checks, log)

/// The catalog's entry for one engine, as the server stores it.
struct EngineRecord {
  EngineId id;
  std::string source;
  std::string package_version;  // of the source's package; empty for the host's own
  EngineState state = EngineState::found;
  std::optional<EngineManifest> manifest;  // present: installed
  std::vector<Qualification> qualifications;
  [[nodiscard]] bool installed() const { return manifest.has_value(); }
};
PGBATON_JSON(EngineRecord, id, source, package_version, state, manifest, qualifications)

}  // namespace pgbaton::model
