// What the tests of catalog and preflight share: the real data files and engines in words.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "catalog/offers.hpp"

namespace pgbaton::catalog {

/// ctest runs in the repository's root.
inline std::string data_file(const std::string& name) {
  const auto path = std::filesystem::path{"catalog"} / name;
  std::ifstream file{path};
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator{file}, {}};
}

inline const Catalog& real_catalog() {
  static const Catalog kCatalog = [] {
    auto releases = parse_releases(data_file("releases.toml"));
    auto hazards = parse_hazards(data_file("hazards.toml"));
    EXPECT_TRUE(releases) << releases.error().message;
    EXPECT_TRUE(hazards) << hazards.error().message;
    return Catalog{*releases, *hazards};
  }();
  return kCatalog;
}

inline model::EngineId id_of(std::string_view text) { return model::parse_engine_id(text).value(); }

inline model::EngineRecord not_installed(std::string_view id) { return {.id = id_of(id), .source = "test"}; }

inline model::EngineRecord engine(std::string_view id, model::EngineState state = model::EngineState::available,
                                  const model::CollationVersions& collation = {"2.36", "72.1"}) {
  return {.id = id_of(id),
          .source = "test",
          .state = state,
          .manifest = model::EngineManifest{.id = id_of(id), .collation = collation}};
}

inline base::WallTime day(std::string_view text) {
  return base::parse_rfc3339(std::string{text} + "T12:00:00Z").value();
}

}  // namespace pgbaton::catalog
