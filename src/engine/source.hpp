// Where engines come from, as data: catalog/sources.toml or a file like it. Pure: text in, values out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/names.hpp"

namespace pgbaton::engine {

enum class SourceKind { debian, host };
PGBATON_ENUM_NAMES(SourceKind, {SourceKind::debian, "debian"}, {SourceKind::host, "host"})

struct Source {
  std::string name;
  SourceKind kind = SourceKind::debian;
  std::string codename;     // debian: of the suite, "trixie"
  bool security = false;    // debian: look into its security suite too
  std::vector<int> majors;  // debian: the majors to look for
  std::string path;         // host: the folder that holds N/bin/postgres
  std::vector<std::string>
      extensions;  // debian: NAME of packages postgresql-N-NAME, installed where the suite has them
};

/// Reads [[source]] tables. Errors name the line and the key.
[[nodiscard]] base::Result<std::vector<Source>> parse_sources(std::string_view text);

}  // namespace pgbaton::engine
