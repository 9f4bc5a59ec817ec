#include <algorithm>
#include <set>

#include "preflight/table.hpp"

namespace pgbaton::preflight {
namespace {

bool is_left_out(const Check& check, const Inputs& inputs) { return inputs.is_major() && is_of_minors(check.id); }

std::optional<Severity> worst_of(const Findings& findings) {
  const auto worst = std::ranges::max_element(findings, {}, &Finding::severity);
  return worst == findings.end() ? std::nullopt : std::optional{worst->severity};
}

Findings findings_of(const Check& check, const Inputs& inputs) {
  Findings findings;
  const std::string id{check.id};
  const bool known = check.scope == Scope::none || answered(inputs, id, check.unknown, findings);
  // Where one database did not answer, what the others said is judged all the same.
  if (known || !rows_of(inputs, id).empty()) check.judge(inputs, rows_of(inputs, id), findings);
  for (auto& finding : findings)
    if (finding.check.empty()) finding.check = id;
  return findings;
}

// Several findings may ask to rebuild the same index: once is enough.
void drop_repeated_statements(Findings& findings) {
  std::set<std::pair<std::string, std::string>> seen;
  for (auto& finding : findings)
    std::erase_if(finding.statements,
                  [&](const auto& statement) { return !seen.emplace(finding.database, statement).second; });
}

}  // namespace

bool is_of_minors(std::string_view id) { return id == "prepared-transactions" || id == "invalid-databases"; }

const std::vector<Row>& rows_of(const Inputs& inputs, const std::string& query) {
  static const std::vector<Row> kNone;
  const auto found = inputs.rows.find(query);
  return found == inputs.rows.end() ? kNone : found->second;
}

std::string query_id(const catalog::Hazard& hazard) { return "hazard:" + hazard.id; }

std::string column(const Row& row, std::string_view name) {
  const auto found = row.columns.find(std::string{name});
  return found != row.columns.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

bool answered(const Inputs& inputs, const std::string& query, Severity unknown, Findings& findings) {
  const auto error = inputs.errors.find(query);
  if (error == inputs.errors.end() && inputs.rows.contains(query)) return true;
  findings.push_back({.severity = unknown,
                      .text = fmt::format("This could not be checked: {}",
                                          error == inputs.errors.end() ? "nobody asked PostgreSQL" : error->second),
                      .remedy = "Mend what PostgreSQL names, then run the preflight again."});
  return false;
}

std::vector<Query> queries(const std::vector<catalog::Hazard>& hazards, const std::vector<catalog::MajorCheck>& majors,
                           std::string_view only) {
  const auto wants = [&](std::string_view id) { return only.empty() || only == id; };
  std::vector<Query> found;
  for (const auto& check : checks())
    if (check.scope != Scope::none && wants(check.id))
      found.push_back({std::string{check.id}, check.scope, std::string{check.sql}});
  for (const auto& hazard : hazards)
    if (wants("hazards") || wants("settings")) found.push_back({query_id(hazard), Scope::database, hazard.applies_if});
  for (const auto& check : majors)
    if (wants(check.id))
      found.push_back({"major:" + check.id, parse_Scope(check.scope).value_or(Scope::database), check.sql});
  return found;
}

Report judge(const Inputs& inputs) {
  Report report;
  for (const auto& check : checks()) {
    if (is_left_out(check, inputs) || !inputs.wants(check.id)) continue;
    auto findings = findings_of(check, inputs);
    report.checks.push_back({std::string{check.id}, std::string{check.title}, worst_of(findings)});
    std::ranges::move(findings, std::back_inserter(report.findings));
  }
  if (inputs.is_major()) judge_major(inputs, report);
  std::ranges::stable_sort(report.findings, std::greater{}, &Finding::severity);
  drop_repeated_statements(report.findings);
  report.worst = worst_of(report.findings);
  return report;
}

}  // namespace pgbaton::preflight
