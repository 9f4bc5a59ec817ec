// The rows of preflight's table and what their functions share. Inside of the module.
#pragma once

#include <span>

#include "preflight/check.hpp"

namespace pgbaton::preflight {

using Findings = std::vector<Finding>;

struct Check {
  std::string_view id;
  std::string_view title;
  Severity unknown;  // how bad it is not to know
  Severity worst;    // that it finds
  Scope scope;
  std::string_view sql;
  void (*judge)(const Inputs&, const std::vector<Row>& rows, Findings&);
};
[[nodiscard]] std::span<const Check> checks();

/// A check that only major-upgrades have, and that is no SQL.
struct MajorRow {
  std::string_view id;
  std::string_view title;
  Severity worst;
  Findings (*judge)(const Inputs&);
};
[[nodiscard]] std::span<const MajorRow> rows_of_majors();

/// Harmless within a major and not over one, which has checks of its own for it.
[[nodiscard]] bool is_of_minors(std::string_view id);

/// The id under which a hazard's rows are handed in.
[[nodiscard]] std::string query_id(const catalog::Hazard& hazard);
/// A column as text; null and missing ones are empty.
[[nodiscard]] std::string column(const Row& row, std::string_view name);
/// The rows that were handed in; none when the query was not answered.
[[nodiscard]] const std::vector<Row>& rows_of(const Inputs& inputs, const std::string& query);
/// Adds a finding when PostgreSQL did not answer, in one database at least, or was not asked.
[[nodiscard]] bool answered(const Inputs& inputs, const std::string& query, Severity unknown, Findings& findings);

/// The checks that only major-upgrades have: their outcomes and findings are added.
void judge_major(const Inputs& inputs, Report& report);

void judge_target(const Inputs&, const std::vector<Row>&, Findings&);
void judge_disk(const Inputs&, const std::vector<Row>&, Findings&);
void judge_extensions(const Inputs&, const std::vector<Row>&, Findings&);
void judge_collations(const Inputs&, const std::vector<Row>&, Findings&);
void judge_settings(const Inputs&, const std::vector<Row>&, Findings&);
void judge_hazards(const Inputs&, const std::vector<Row>&, Findings&);
void judge_prepared(const Inputs&, const std::vector<Row>&, Findings&);
void judge_transactions(const Inputs&, const std::vector<Row>&, Findings&);
void judge_invalid_databases(const Inputs&, const std::vector<Row>&, Findings&);

}  // namespace pgbaton::preflight
