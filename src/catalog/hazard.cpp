#include "catalog/hazard.hpp"

#include <algorithm>

namespace pgbaton::catalog {
namespace {

std::string quote_identifier(std::string_view identifier) {
  std::string text = "\"";
  for (const char c : identifier) text.append(c == '"' ? 2 : 1, c);
  return text + '"';
}

const model::Version* fix_of(const Hazard& hazard, int major) {
  const auto found = std::ranges::find(hazard.fixed_in, major, &model::Version::major);
  return found == hazard.fixed_in.end() ? nullptr : &*found;
}

}  // namespace

bool applies(const Hazard& hazard, model::Version from, model::Version to) {
  const auto* old_fix = fix_of(hazard, from.major);
  if (old_fix == nullptr || from >= *old_fix) return false;
  // A newer major without a version of its own had the fix from its first release on; pg_upgrade carries the damage
  // there.
  const auto* new_fix = fix_of(hazard, to.major);
  return new_fix == nullptr || to >= *new_fix;
}

std::vector<Hazard> applicable(const std::vector<Hazard>& hazards, model::Version from, model::Version to) {
  std::vector<Hazard> found;
  std::ranges::copy_if(hazards, std::back_inserter(found),
                       [&](const auto& hazard) { return applies(hazard, from, to); });
  return found;
}

std::string quoted_name(const HazardObject& object) {
  return object.schema.empty() ? quote_identifier(object.name)
                               : quote_identifier(object.schema) + '.' + quote_identifier(object.name);
}

std::string action_for(const Hazard& hazard, const HazardObject& object) {
  constexpr std::string_view kPlace = "{object}";
  if (!object.action.empty()) return object.action;
  auto action = hazard.action;
  if (const auto at = action.find(kPlace); at != std::string::npos)
    action.replace(at, kPlace.size(), quoted_name(object));
  return action;
}

bool is_statement(const Hazard& hazard) {
  return hazard.kind == HazardKind::reindex || hazard.kind == HazardKind::analyze;
}

}  // namespace pgbaton::catalog
