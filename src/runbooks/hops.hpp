// Several upgrades in one operation: which runbook is carried out at the cursor, and how the next one begins.
#pragma once

#include "catalog/offers.hpp"
#include "runbooks/major_request.hpp"

namespace pgbaton::runbooks {

/// What a user wants of each hop, kept in the operation until the hop begins.
struct HopWish {
  model::EngineId engine;
  MajorWish terms;
};
PGBATON_JSON(HopWish, engine, terms)

/// The runbook that leads a database of this shape to an offer.
[[nodiscard]] const Runbook& runbook_for(const model::Database& database, catalog::OfferKind kind);
/// The operation's, or that of its hop at the cursor; null when there is none of that kind.
[[nodiscard]] const Runbook* runbook_of(const model::Operation& operation);
/// The row's functions at the cursor.
[[nodiscard]] const Step& step_of(const Runbook& runbook, const model::Operation& operation);
/// Before the first step of a hop: the operation's request is made of what was asked for and of how the database is
/// now. It does nothing later on, and for operations without hops.
[[nodiscard]] base::Result<> begin_hop(Context& context);
/// Where a database stands when a hop after the first did not go through; empty without such.
[[nodiscard]] std::string where_it_stands(const model::Operation& operation);

}  // namespace pgbaton::runbooks
