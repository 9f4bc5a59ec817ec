#include <map>

#include "preflight/table.hpp"

namespace pgbaton::preflight {

using catalog::Finds;
using catalog::Hazard;
using catalog::HazardKind;

namespace {

Severity severity_of(const Hazard& hazard) { return hazard.finds == Finds::affected ? Severity::act : Severity::know; }

// A row's own statement replaces the hazard's where that would not do: it locks, or it touches constraints or catalogs.
bool is_for_machines(const Hazard& hazard, const catalog::HazardObject& object) {
  return hazard.finds == Finds::affected && hazard.online && catalog::is_statement(hazard) && object.action.empty();
}

std::string remedy_of(const Hazard& hazard, const Finding& finding) {
  if (!catalog::is_statement(hazard)) return hazard.action;
  return finding.by_hand.empty() ? "It is mended after the upgrade."
                                 : "Run the statements after the upgrade where needed.";
}

Finding finding_of(const Hazard& hazard, const std::string& database,
                   const std::vector<catalog::HazardObject>& objects) {
  Finding finding{.check = hazard.id,
                  .severity = severity_of(hazard),
                  .database = database,
                  .text = fmt::format("{}. {}", hazard.title, hazard.text)};
  for (const auto& object : objects) {
    finding.objects.push_back(fmt::format("{} ({})", catalog::quoted_name(object), object.what));
    if (is_for_machines(hazard, object))
      finding.statements.push_back(catalog::action_for(hazard, object));
    else if (catalog::is_statement(hazard) || !object.action.empty())
      finding.by_hand.push_back(catalog::action_for(hazard, object));
  }
  finding.remedy = remedy_of(hazard, finding);
  return finding;
}

void judge_one(const Hazard& hazard, const Inputs& inputs, Findings& findings) {
  const auto query = query_id(hazard);
  if (!answered(inputs, query, severity_of(hazard), findings)) findings.back().check = hazard.id;
  std::map<std::string, std::vector<catalog::HazardObject>> by_database;
  for (const auto& row : rows_of(inputs, query))
    by_database[row.database].push_back(
        {column(row, "schema"), column(row, "name"), column(row, "what"), column(row, "action")});
  for (const auto& [database, objects] : by_database) findings.push_back(finding_of(hazard, database, objects));
}

}  // namespace

// Those that must be in place when the new binaries start; the others can wait until they run.
void judge_settings(const Inputs& inputs, const std::vector<Row>&, Findings& findings) {
  for (const auto& hazard : inputs.hazards)
    if (hazard.kind == HazardKind::setting) judge_one(hazard, inputs, findings);
}

void judge_hazards(const Inputs& inputs, const std::vector<Row>&, Findings& findings) {
  for (const auto& hazard : inputs.hazards)
    if (hazard.kind != HazardKind::setting) judge_one(hazard, inputs, findings);
}

}  // namespace pgbaton::preflight
