// The checks of major-upgrades: SQL from the catalog, the rehearsal, and defaults that change.
#include <array>

#include "preflight/table.hpp"

namespace pgbaton::preflight {
namespace {

Severity severity_named(const std::string& name) { return parse_Severity(name).value_or(Severity::stop); }

Finding finding_of_check(const catalog::MajorCheck& check, const std::string& database, const std::vector<Row>& rows) {
  Finding finding{.check = check.id,
                  .severity = severity_named(check.severity),
                  .database = database,
                  .text = check.text + '.',
                  .remedy = check.remedy};
  for (const auto& row : rows) {
    const auto what = column(row, "what");
    finding.objects.push_back(what.empty() ? column(row, "name") : fmt::format("{} ({})", column(row, "name"), what));
  }
  return finding;
}

Findings judge_check(const catalog::MajorCheck& check, const Inputs& inputs) {
  Findings findings;
  const auto query = "major:" + check.id;
  if (!answered(inputs, query, severity_named(check.severity), findings)) findings.back().check = check.id;
  std::map<std::string, std::vector<Row>> by_database;
  for (const auto& row : rows_of(inputs, query)) by_database[row.database].push_back(row);
  for (const auto& [database, rows] : by_database) findings.push_back(finding_of_check(check, database, rows));
  return findings;
}

void add_to(Report& report, std::string id, std::string title, Findings findings) {
  std::optional<Severity> worst;
  for (const auto& finding : findings) worst = std::max(worst.value_or(Severity::know), finding.severity);
  report.checks.push_back({std::move(id), std::move(title), worst});
  std::ranges::move(findings, std::back_inserter(report.findings));
}

Findings rehearsed_by(const Inputs& inputs, std::string_view check) {
  Findings findings;
  std::ranges::copy_if(*inputs.rehearsed, std::back_inserter(findings),
                       [&](const auto& finding) { return finding.check == check; });
  return findings;
}

Findings judge_pg_upgrade(const Inputs& inputs) {
  if (inputs.rehearsed) return rehearsed_by(inputs, kPgUpgrade);
  return {{.check = std::string{kPgUpgrade},
           .severity = Severity::know,
           .text = "pg_upgrade --check runs together with the rehearsal of the restore."}};
}

Findings judge_rehearsal(const Inputs& inputs) {
  if (inputs.rehearsed) return rehearsed_by(inputs, kRehearsal);
  return {{.check = std::string{kRehearsal}, .severity = Severity::know, .text = inputs.not_rehearsed}};
}

Findings judge_defaults(const Inputs& inputs) {
  Findings findings;
  for (const auto& changed : inputs.defaults)
    findings.push_back({.check = "defaults",
                        .severity = Severity::know,
                        .text = fmt::format("The default of {} was {} and is {} from {} on. {}", changed.name,
                                            changed.was, changed.now, changed.changed_in, changed.text)});
  return findings;
}

// Besides those of catalog/majors.toml.
constexpr std::array kOfMajors{
    MajorRow{kPgUpgrade, "pg_upgrade's own check has no complaint", Severity::stop, judge_pg_upgrade},
    MajorRow{kRehearsal, "The schema can be restored in the target version", Severity::stop, judge_rehearsal},
    MajorRow{"defaults", "Defaults stay as they are", Severity::know, judge_defaults},
};

}  // namespace

void judge_major(const Inputs& inputs, Report& report) {
  for (const auto& check : inputs.majors)
    if (inputs.wants(check.id)) add_to(report, check.id, check.title, judge_check(check, inputs));
  for (const auto& check : kOfMajors)
    if (inputs.wants(check.id)) add_to(report, std::string{check.id}, std::string{check.title}, check.judge(inputs));
}

std::span<const MajorRow> rows_of_majors() { return kOfMajors; }

}  // namespace pgbaton::preflight
