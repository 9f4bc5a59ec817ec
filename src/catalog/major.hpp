// What is known of the differences between majors: catalog/majors.toml. Facts only; preflight judges, the agent
// translates configurations.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pgbaton::catalog {

struct GoneSetting {
  std::string name;
  int gone_in = 0;
  std::string now;  // its name since; empty: there is nothing like it any more
};

struct ChangedDefault {
  std::string name;
  int changed_in = 0;
  std::string was;
  std::string now;
  std::string text;
};

struct GoneColumn {
  std::string view;
  std::string column;
  int gone_in = 0;
};

struct MajorCheck {
  std::string id;
  std::string title;
  std::string severity;  // "stop" | "act" | "know"
  std::string scope;     // "server" | "database"
  int crosses = 0;       // 0: every major-upgrade
  int since = 0;         // of the old major
  int until = 99;
  std::string sql;
  std::string text;
  std::string remedy;
};

struct MajorFacts {
  std::vector<GoneSetting> settings;
  std::vector<ChangedDefault> defaults;
  std::vector<GoneColumn> columns;
  std::vector<MajorCheck> checks;
};

/// An upgrade from `from` to `to` crosses what changed in `major`.
constexpr bool crosses(int from, int to, int major) { return from < major && major <= to; }

[[nodiscard]] base::Result<MajorFacts> parse_major_facts(std::string_view toml);

/// The checks for this pair of majors, with their lists filled in. None within one major.
[[nodiscard]] std::vector<MajorCheck> checks_for(const MajorFacts& facts, int from, int to);

/// A configuration file's line as the new major takes it: the line itself, the line with the parameter's new name, or
/// a comment where the parameter is gone.
[[nodiscard]] std::string translated_line(const MajorFacts& facts, std::string_view line, int from, int to);

}  // namespace pgbaton::catalog
