// What a database may be upgraded to next, and why not to the other engines. Deciding only: values in, values out, the
// time comes from outside. It knows nothing of what is in the database: that is preflight's part.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "catalog/hazard.hpp"
#include "catalog/major.hpp"
#include "catalog/release.hpp"
#include "model/engine.hpp"

namespace pgbaton::catalog {

struct Catalog {
  Releases releases;
  std::vector<Hazard> hazards;
  MajorFacts majors;
};

enum class OfferKind { minor, major };
PGBATON_ENUM_NAMES(OfferKind, {OfferKind::minor, "minor"}, {OfferKind::major, "major"})

enum class NoteKind { release, collation, hazard, end_of_life, skip, deprecated };
PGBATON_ENUM_NAMES(NoteKind, {NoteKind::release, "release"}, {NoteKind::collation, "collation"},
                   {NoteKind::hazard, "hazard"}, {NoteKind::end_of_life, "end-of-life"}, {NoteKind::skip, "skip"},
                   {NoteKind::deprecated, "deprecated"})

/// Something to know before taking an offer.
struct Note {
  NoteKind kind = NoteKind::release;
  std::string text;
  std::string link;  // empty: none
};
PGBATON_JSON(Note, kind, text, link)

struct Offer {
  model::EngineId engine;
  OfferKind kind = OfferKind::minor;
  bool direct = false;  // leaves majors out: only taken when asked for by that word
  std::string text;     // a sentence for people
  std::vector<Note> notes;
};
PGBATON_JSON(Offer, engine, kind, direct, text, notes)

struct Refusal {
  model::EngineId engine;
  std::string reason;
  std::string remedy;  // empty: there is none
};
PGBATON_JSON(Refusal, engine, reason, remedy)

/// At most one offer is not direct, and it comes first. Every engine is in exactly one of the lists.
struct Offers {
  model::EngineId current;
  std::vector<Offer> offers;
  std::vector<Refusal> refused;  // oldest first; the current engine too, when it is among the engines
};
PGBATON_JSON(Offers, current, offers, refused)

/// `current_collation` is that of the engine that runs now: versions of libc and ICU.
[[nodiscard]] Offers offers(const model::EngineId& current, const model::CollationVersions& current_collation,
                            const std::vector<model::EngineRecord>& engines, const Catalog& catalog,
                            base::WallTime now);

enum class Direct { no, yes };

/// The offer that a user means: by version, or the first that is not direct. Refused with the reason and the remedy.
[[nodiscard]] base::Result<Offer> choose(const std::optional<model::VersionRequest>& request, Direct direct,
                                         const Offers& offers);

/// The way to the newest available engine of a major: each offer is the first of those that there are after the one
/// before. One when it is offered now. Refused, as choose() does, when no way leads there.
[[nodiscard]] base::Result<std::vector<Offer>> path(const model::VersionRequest& to, const model::EngineId& current,
                                                    const std::vector<model::EngineRecord>& engines,
                                                    const Catalog& catalog, base::WallTime now);

/// What a new database runs on: the newest released engine that was asked for; without a request the default one, else
/// the newest minor of the newest major.
[[nodiscard]] base::Result<model::EngineId> pick_for_create(const std::optional<model::VersionRequest>& request,
                                                            const std::vector<model::EngineRecord>& engines);

}  // namespace pgbaton::catalog
