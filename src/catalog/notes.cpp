#include "catalog/notes.hpp"

#include <array>

#include "base/text.hpp"

namespace pgbaton::catalog {
namespace {

// Long enough to plan the next major-upgrade before the last minor appears.
constexpr std::chrono::days kEndIsNear{180};

std::string as_text(Day day) { return base::to_rfc3339(day).substr(0, 10); }

void add_release(const Upgrade& upgrade, const Catalog& catalog, Day, std::vector<Note>& notes) {
  const auto version = upgrade.to.id.version;
  if (version == upgrade.from.version) return;
  const auto day = release_day(catalog.releases, version);
  notes.push_back({NoteKind::release,
                   day ? fmt::format("PostgreSQL {} was released on {}.", model::to_string(version), as_text(*day))
                       : fmt::format("Release notes of PostgreSQL {}.", model::to_string(version)),
                   notes_link(catalog.releases, version)});
}

void add_skip(const Upgrade& upgrade, const Catalog& catalog, Day, std::vector<Note>& notes) {
  const auto version = upgrade.to.id.version;
  if (const auto reason = skip_reason(catalog.releases, version))
    notes.push_back(
        {NoteKind::skip,
         fmt::format("Nothing newer is available, but {} is better skipped: {}.", model::to_string(version), *reason),
         notes_link(catalog.releases, version)});
}

void add_collation(const Upgrade& upgrade, const Catalog&, Day, std::vector<Note>& notes) {
  const auto changes = collation_changes(upgrade.from_collation, upgrade.to.manifest->collation);
  if (changes.empty()) return;
  notes.push_back({NoteKind::collation,
                   fmt::format("{}: strings may sort differently, and indexes on text must then be rebuilt. Preflight "
                               "lists them.",
                               base::join(changes, ", ")),
                   "https://wiki.postgresql.org/wiki/Locale_data_changes"});
}

void add_hazards(const Upgrade& upgrade, const Catalog& catalog, Day, std::vector<Note>& notes) {
  const auto version = upgrade.to.id.version;
  for (const auto& hazard : applicable(catalog.hazards, upgrade.from.version, version))
    notes.push_back({NoteKind::hazard, hazard.title + '.', notes_link(catalog.releases, version)});
}

void add_end_of_life(const Upgrade& upgrade, const Catalog& catalog, Day today, std::vector<Note>& notes) {
  const int major = upgrade.to.id.version.major;
  const auto* release = find_major(catalog.releases, major);
  if (release == nullptr || !release->last_day || *release->last_day > today + kEndIsNear) return;
  const bool over = *release->last_day < today;
  notes.push_back(
      {NoteKind::end_of_life,
       fmt::format("PostgreSQL {} {} its end of life on {}: {}.", major, over ? "reached" : "reaches",
                   release->end_of_life, over ? "it gets no fixes any more" : "plan the next major-upgrade"),
       "https://www.postgresql.org/support/versioning/"});
}

void add_deprecated(const Upgrade& upgrade, const Catalog&, Day, std::vector<Note>& notes) {
  if (upgrade.to.state == model::EngineState::deprecated)
    notes.push_back({NoteKind::deprecated, fmt::format("{} is deprecated here.", model::to_string(upgrade.to.id)), ""});
}

}  // namespace

std::vector<std::string> collation_changes(const model::CollationVersions& from, const model::CollationVersions& to) {
  std::vector<std::string> changes;
  const auto compare = [&](std::string_view library, const std::string& old_one, const std::string& new_one) {
    // An engine that lacks the library altogether can have no index that depends on it.
    if (old_one != new_one && !old_one.empty())
      changes.push_back(fmt::format("{} {} becomes {}", library, old_one, new_one.empty() ? "missing" : new_one));
  };
  compare("libc", from.libc, to.libc);
  compare("ICU", from.icu, to.icu);
  return changes;
}

std::vector<Note> notes_for(const Upgrade& upgrade, const Catalog& catalog, Day today) {
  constexpr std::array kParts{add_release, add_skip, add_collation, add_hazards, add_end_of_life, add_deprecated};
  std::vector<Note> notes;
  for (const auto add : kParts) add(upgrade, catalog, today, notes);
  return notes;
}

}  // namespace pgbaton::catalog
