// Operations of several upgrades, one after the other: which of them is being carried out, and what is kept of each.
// Between two hops the database stands safely on the version that it has reached.
#pragma once

#include "model/operation.hpp"

namespace pgbaton::operation {

/// The hop that the cursor is in, from 0; the last when all are done. 0 without hops.
[[nodiscard]] std::size_t current_hop(const model::Operation& operation);
/// Of the current hop: as far as an operation goes back. 0 without hops.
[[nodiscard]] std::size_t first_step(const model::Operation& operation);
/// Whether a hop has just been done: the cursor stands at the next one's first step, or at the end.
[[nodiscard]] bool is_at_seam(const model::Operation& operation);
/// What the steps of the hop before the cursor found is kept with it, and the next begins with nothing.
[[nodiscard]] model::Operation hop_left(model::Operation operation);
/// The longest wait of the hops that are done and of this one; sessions are counted together.
[[nodiscard]] model::Stall worst_stall(const std::vector<model::Hop>& hops, const model::Stall& now);

/// The name of a hop's step among those of all hops.
[[nodiscard]] std::string step_name(std::size_t hop, std::string_view step);
/// Adds a hop with its steps at the end of the operation.
void add_hop(model::Operation& operation, model::Hop hop, std::vector<model::Step> steps);

}  // namespace pgbaton::operation
