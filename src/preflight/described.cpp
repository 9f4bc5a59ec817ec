// The table of checks for people.
#include "base/text.hpp"
#include "preflight/table.hpp"

namespace pgbaton::preflight {
namespace {

std::string upgrades_of(const catalog::MajorCheck& check) {
  auto text = check.crosses == 0 ? std::string{"every major"} : fmt::format("majors to {} or over it", check.crosses);
  if (check.since > 0) text += fmt::format(", from {} on", check.since);
  if (check.until < 99) text += fmt::format(", from {} or older", check.until);
  return text;
}

std::vector<std::string> ids_of(const std::vector<Described>& table) {
  std::vector<std::string> ids;
  for (const auto& row : table) ids.push_back(row.id);
  return ids;
}

bool applies(const Inputs& inputs) {
  if (is_of_minors(inputs.only)) return !inputs.is_major();
  const auto has = [&](const auto& table) {
    return std::ranges::any_of(table, [&](const auto& row) { return row.id == inputs.only; });
  };
  return has(checks()) || (inputs.is_major() && (has(inputs.majors) || has(rows_of_majors())));
}

}  // namespace

std::vector<Described> described(const catalog::MajorFacts& facts) {
  std::vector<Described> table;
  for (const auto& check : checks())
    table.push_back({std::string{check.id}, std::string{check.title}, check.worst,
                     is_of_minors(check.id) ? "every minor" : "every upgrade"});
  for (const auto& check : facts.checks)
    table.push_back(
        {check.id, check.title, parse_Severity(check.severity).value_or(Severity::stop), upgrades_of(check)});
  for (const auto& check : rows_of_majors())
    table.push_back({std::string{check.id}, std::string{check.title}, check.worst, "every major"});
  return table;
}

base::Result<> check_only(const Inputs& inputs, const catalog::MajorFacts& facts) {
  if (inputs.only.empty() || applies(inputs)) return {};
  const auto ids = ids_of(described(facts));
  if (std::ranges::find(ids, inputs.only) == ids.end())
    return base::fail(
        {base::Code::invalid_argument, fmt::format("there is no check \"{}\"", inputs.only),
         fmt::format("The checks: {}. `pgbaton preflight --checks` says what each looks for.", base::join(ids, ", "))});
  return base::fail({base::Code::refused,
                     fmt::format("the check {} is not about an upgrade from {} to {}", inputs.only,
                                 model::to_string(inputs.from.version), model::to_string(inputs.to.version)),
                     "`pgbaton preflight --checks` says which upgrades each is about."});
}

}  // namespace pgbaton::preflight
