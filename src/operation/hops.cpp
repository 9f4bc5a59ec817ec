#include "operation/hops.hpp"

#include <algorithm>

namespace pgbaton::operation {

using base::Json;
using model::Hop;
using model::Operation;
using model::Stall;

namespace {

// As the certificate of one upgrade says where it has led to, so does that of several.
Json certificate_of(const Operation& operation) {
  Json all{{"from_version", operation.from}, {"version", operation.to}, {"hops", Json::array()}};
  for (const auto& hop : operation.hops) {
    if (hop.certificate.is_null()) continue;
    Json one{{"from", hop.from}, {"to", hop.to}};
    one.update(hop.certificate);
    all["hops"].push_back(std::move(one));
    all["version"] = hop.to;
  }
  return all;
}

}  // namespace

std::size_t current_hop(const Operation& operation) {
  const auto behind = std::ranges::upper_bound(operation.hops, operation.cursor, {}, &Hop::first);
  const auto begun = static_cast<std::size_t>(behind - operation.hops.begin());
  return begun == 0 ? 0 : begun - 1;
}

std::size_t first_step(const Operation& operation) {
  return operation.hops.empty() ? 0 : operation.hops[current_hop(operation)].first;
}

bool is_at_seam(const Operation& operation) {
  if (operation.hops.empty()) return false;
  return operation.cursor == operation.steps.size() || operation.cursor == first_step(operation);
}

Operation hop_left(Operation operation) {
  const bool all_done = operation.cursor == operation.steps.size();
  auto& left = operation.hops.at(current_hop(operation) - (all_done ? 0 : 1));
  left.facts = operation.facts;
  if (left.facts.contains("certificate")) left.certificate = left.facts["certificate"];
  if (left.facts.contains("stall")) left.stall = left.facts["stall"].get<Stall>();
  operation.certificate = certificate_of(operation);
  operation.facts = Json::object();
  operation.request = Json::object();
  operation.error.reset();  // an alarm that was overcome
  return operation;
}

Stall worst_stall(const std::vector<Hop>& hops, const Stall& now) {
  auto worst = now;
  for (const auto& hop : hops) {
    if (!hop.stall) continue;
    worst.max_ms = std::max(worst.max_ms, hop.stall->max_ms);
    worst.p99_ms = std::max(worst.p99_ms, hop.stall->p99_ms);
    worst.sessions_moved = std::max(worst.sessions_moved, hop.stall->sessions_moved);
    worst.sessions_ended += hop.stall->sessions_ended;
  }
  return worst;
}

std::string step_name(std::size_t hop, std::string_view step) { return fmt::format("{}.{}", hop + 1, step); }

void add_hop(Operation& operation, Hop hop, std::vector<model::Step> steps) {
  hop.first = operation.steps.size();
  for (auto& step : steps) {
    step.name = step_name(operation.hops.size(), step.name);
    operation.steps.push_back(std::move(step));
  }
  operation.hops.push_back(std::move(hop));
}

}  // namespace pgbaton::operation
