// A primary that is lost is replaced by the standby that has the most of its log. The lost one is fenced first; clients
// between transactions wait at the gateway with their sessions.
#include "base/text.hpp"
#include "runbooks/gate.hpp"
#include "runbooks/logical_slots.hpp"
#include "runbooks/switchover_steps.hpp"
#include "runbooks/upgrade_steps.hpp"
#include "system/clock.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;
using model::Impact;
using model::Node;
using model::Role;

constexpr Millis kFollowLimit{std::chrono::minutes{10}};
constexpr Millis kLeaseLook{50};

// With commits that wait for any one of the standbys, nobody knows which one has the last of them: all must be seen.
Result<> check_nothing_is_missing(const Context& context, const std::vector<Observed>& all) {
  if (context.database->replication != model::Replication::synchronous) return {};
  for (const auto& one : all)
    if (one.node.role == Role::standby && !one.status)
      return base::fail(
          {Code::failed,
           fmt::format("standby {} does not answer, and only it may have the last commits", one.node.name),
           "Bring its host, or the primary's, back: the database goes on by itself."});
  return {};
}

Result<> choose_most_advanced(Context& context, const std::vector<Observed>& all) {
  TRY(check_nothing_is_missing(context, all));
  const auto* best = most_advanced(all);
  if (best == nullptr)
    return base::fail({Code::failed, "no standby can take over: none of them runs",
                       "Look into the nodes' logs; the primary goes on when its host is back."});
  context.facts["candidate"] = best->node.name;
  context.facts["candidate_address"] = TRY(server_address(context, best->node));
  context.facts["logical_slots"] = carried_slots(*best->status);
  context.facts["fence"] = Fence{.position = best->status->position,
                                 .fenced_at = system::timestamp(),
                                 .system_identifier = best->status->system_identifier,
                                 .timeline = best->status->timeline};
  return {};
}

Result<> look(Context& context) {
  const auto all = observe(context.agents, *context.database);
  const auto& primary = of_node(all, context.instance());
  if (primary.status && primary.status->is_running)
    return base::fail(
        {Code::refused, fmt::format("the primary {} is in service", primary.node.name), "Nothing to do."});
  context.facts["old_primary"] = primary.node.name;
  context.facts["out_of_reach"] = !primary.status && primary.node.host != model::kLocalHost;
  return choose_most_advanced(context, all);
}

// Its host cannot be reached. It gets no lease any more; and what it might hold on to when it has none, that its
// standbys stream, ends with the candidate's being cut off. When both are over its agent has stopped it.
Result<LeaseBook::Steady::time_point> cut_candidate_off(Context& context, const Node& lost) {
  const auto& candidate = candidate_of(context);
  TRY(context.job_on(candidate, api::JobKind::detach_instance, Json(api::InstanceName{candidate.name})));
  return std::max(context.leases.stopped_by(lost.name),
                  LeaseBook::Steady::now() + api::kStandbySilence + api::kLeaseSlack);
}

Result<> outlast(const Context& context, const Node& lost, LeaseBook::Steady::time_point over) {
  context.note(fmt::format("{} cannot be reached. Its lease was waited for: it has stopped by itself.", lost.name));
  return poll_until(context, Deadline::after(kFollowLimit), kLeaseLook,
                    [over]() -> Result<bool> { return LeaseBook::Steady::now() >= over; });
}

Result<> fence_lost(Context& context) {
  const auto& lost = old_primary_of(context);
  context.leases.revoke(lost.name);
  std::optional<LeaseBook::Steady::time_point> over;
  if (context.operation.facts.value("out_of_reach", false)) over = TRY(cut_candidate_off(context, lost));
  const auto fenced = context.job_on(lost, api::JobKind::fence_instance, Json(api::FenceInstance{lost.name, ""}));
  const bool is_away = !fenced && fenced.error().code == Code::unreachable && lost.host != model::kLocalHost;
  if (!fenced && !is_away) return std::unexpected(fenced.error());
  if (!is_away && !over) return {};
  if (!over) over = TRY(cut_candidate_off(context, lost));
  if (is_away) TRY(outlast(context, lost, *over));
  // It was in service until now, for whom it still heard: another standby may have confirmed commits meanwhile.
  return choose_most_advanced(context, observe(context.agents, *context.database));
}

// The lost one comes back as a standby when it can; if not now, the server repairs it later.
Result<> follow(Context& context) {
  const auto lost = old_primary_of(context).name;
  for (const auto& standby : model::standbys_of(*context.database)) {
    const auto answer = rejoin(context, standby, context.database->engine);
    if (!answer && standby.name != lost) return std::unexpected(answer.error());
    if (answer) {
      context.facts["rejoined"][standby.name] = *answer;
      continue;
    }
    context.facts["missing"] = lost;
    context.note(fmt::format("{} is not back yet: {}. It is repaired when it can be.", lost, answer.error().message));
  }
  return {};
}

Result<> synchronise_present(Context& context) {
  const auto missing = context.operation.facts.value("missing", std::string{});
  auto present = model::standbys_of(*context.database);
  std::erase_if(present, [&](const Node& node) { return node.name == missing; });
  TRY(await_streaming(context, present, Deadline::after(kFollowLimit)));
  const auto away = missing.empty() ? std::vector<std::string>{} : std::vector{missing};
  const auto synchronous = present.empty() ? Synchronous::no : Synchronous::as_chosen;
  TRY(configure(context, model::primary_of(*context.database), synchronous, away));
  return serve(context);
}

}  // namespace

// What the lost primary may have acknowledged and nobody has. Its own log tells, when it is back; until then it is what
// lies between the new one's first position and the last that was seen of the old one.
Json possibly_lost(const api::RejoinAnswer& old_primary, const std::string& from, const std::string& last_seen) {
  if (old_primary.method == "followed") return nullptr;
  const auto& tail = old_primary.tail;
  return {{"from_lsn", tail ? base::to_string(tail->from) : from},
          {"to_lsn", tail ? Json(tail->to) : Json{}},
          {"commits", tail && tail->is_whole ? Json(tail->commits) : Json{}},
          {"last_seen_lsn", last_seen.empty() ? Json{} : Json(last_seen)}};
}

namespace {

// Their consumers must begin anew.
std::vector<std::string> slots_lost(const Json& request, const Json& facts) {
  auto lost = request.value("logical_slots_seen", std::vector<std::string>{});
  const auto carried = facts.value("logical_slots", std::vector<std::string>{});
  std::erase_if(lost, [&](const auto& slot) { return std::ranges::find(carried, slot) != carried.end(); });
  return lost;
}

Result<> certify_failover(Context& context) {
  TRY(certify_switch(context));
  auto& certificate = context.facts["certificate"];
  const auto& facts = context.operation.facts;
  const auto rejoined = facts.value("rejoined", Json::object());
  const auto lost = old_primary_of(context).name;
  const auto answer = rejoined.contains(lost)
                          ? base::convert<api::RejoinAnswer>(rejoined[lost]).value_or(api::RejoinAnswer{})
                          : api::RejoinAnswer{};
  const bool none = context.database->replication == model::Replication::synchronous;
  certificate["logical_slots_lost"] = slots_lost(context.operation.request, facts);
  const auto seen = context.operation.request.value("last_seen_lsn", std::string{});
  certificate["possibly_lost"] =
      none ? Json{} : possibly_lost(answer, certificate["fence_lsn"].get<std::string>(), seen);
  return {};
}

constexpr Step kSteps[] = {
    {{"look", "The primary is lost; the standby that has the most of its log is chosen.", Impact::stall, Millis{50}},
     nullptr,
     look,
     nullptr},
    {{"fence", "The old primary is stopped for good: it cannot write any more.", Impact::stall, Millis{50}},
     nullptr,
     fence_lost,
     start_old_primary},
    {{"hold", "Clients between transactions wait, with their sessions.", Impact::stall, Millis{20}},
     nullptr,
     hold,
     resume},
    {{"promote", "The standby is promoted.", Impact::stall, Millis{40}}, nullptr, promote, take_back_promotion},
    {{"move", "The gateway turns to the new primary.", Impact::stall, Millis{10}, true},
     nullptr,
     move_clients,
     nullptr},
    {{"resume", "The clients' sessions are re-created there and go on.", Impact::stall, Millis{50}, true},
     nullptr,
     go_on,
     nullptr},
    {{"follow", "The other nodes become standbys of the new primary.", Impact::degraded, Millis{1500}},
     nullptr,
     follow,
     nullptr},
    {{"compare", "The re-created sessions are compared with what they were.", Impact::none, Millis{300}},
     nullptr,
     compare,
     nullptr},
    {{"synchronise", "The standbys have caught up.", Impact::degraded, Millis{300}},
     nullptr,
     synchronise_present,
     nullptr},
    {{"certify", "What may have been lost is written down.", Impact::none, Millis{5}},
     nullptr,
     certify_failover,
     nullptr},
};

}  // namespace

const Runbook kFailover{"failover", "Failover to a standby", model::DatabaseState::updating, Fate::stays, kSteps};

}  // namespace pgbaton::runbooks
