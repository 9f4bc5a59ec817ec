#include "runbooks/switchover_steps.hpp"

#include "base/text.hpp"
#include "runbooks/gate.hpp"
#include "runbooks/logical_slots.hpp"
#include "system/clock.hpp"

namespace pgbaton::runbooks {

using base::Bytes;
using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;
using model::Node;
using model::Role;

namespace {

constexpr Bytes kMostLag = {std::int64_t{16} << 20};  // as much as catches up within a hold
constexpr Millis kCatchUpPatience{std::chrono::seconds{30}};
constexpr Millis kLookPause{200};
constexpr Millis kRejoinLimit{std::chrono::hours{2}};

const Node& node_of_fact(Context& context, const char* fact) {
  const auto& facts = context.facts.contains(fact) ? context.facts : context.operation.facts;
  return node_named(context, facts.at(fact).get<std::string>());
}

// What would be lost on the way. Code::refused.
Result<> check_slots(const api::ReplicationStatus& primary, const Observed& candidate) {
  if (const auto stay = slots_that_stay(primary); !stay.empty())
    return base::fail({Code::refused,
                       fmt::format("logical replication slots that a standby does not have would be lost: {}",
                                   base::join(stay, ", ")),
                       "Drop them, or from PostgreSQL 17 on make them with failover = true."});
  if (const auto lack = slots_that_lack(primary, *candidate.status); !lack.empty())
    return base::fail(
        {Code::refused,
         fmt::format("standby {} does not have these logical replication slots yet: {}", candidate.node.name,
                     base::join(lack, ", ")),
         "Try again in half a minute. A slot that is new is carried once its consumer has read from it."});
  return {};
}

Result<> check_foreign(const api::ReplicationStatus& primary) {
  if (primary.foreign_sessions == 0) return {};
  return base::fail({Code::refused,
                     fmt::format("{} sessions are connected to PostgreSQL past the gateway", primary.foreign_sessions),
                     "End them: what they write would not be held."});
}

std::string why_not(const Observed& one, const Observed& primary) {
  if (!one.status) return fmt::format("{}: the agent of its host does not answer", one.node.name);
  if (!one.status->is_running) return one.node.name + " is not running";
  if (!one.status->is_streaming) return one.node.name + " does not replicate";
  return fmt::format("{} is {} behind", one.node.name, base::humanise(lag_of(primary, one)));
}

Result<> no_candidate(const std::vector<Observed>& all, const Observed& primary) {
  std::vector<std::string> reasons;
  for (const auto& one : all)
    if (one.node.role == Role::standby) reasons.push_back(why_not(one, primary));
  return base::fail({Code::refused, "no standby can take over: " + base::join(reasons, "; "),
                     "Wait until pgbaton show says that a standby has caught up."});
}

}  // namespace

const Node& candidate_of(Context& context) { return node_of_fact(context, "candidate"); }
const Node& old_primary_of(Context& context) { return node_of_fact(context, "old_primary"); }

Result<> choose_candidate(Context& context) {
  std::vector<Observed> all;
  const Observed* best = nullptr;
  const auto found = poll_until(context, Deadline::after(kCatchUpPatience), kLookPause, [&]() -> Result<bool> {
    all = observe(context.agents, *context.database);
    best = best_standby(all);
    const auto& primary = of_node(all, context.instance());
    return best != nullptr && primary.status && lag_of(primary, *best) <= kMostLag &&
           slots_that_lack(*primary.status, *best->status).empty();
  });
  const auto& primary = of_node(all, context.instance());
  const bool is_late = !found && found.error().code == Code::timed_out;
  if (is_late && (best == nullptr || !primary.status || lag_of(primary, *best) > kMostLag))
    return no_candidate(all, primary);
  if (!is_late) TRY(found);
  if (!primary.status || !primary.status->is_running)
    return base::fail({Code::refused, fmt::format("the primary {} is not in service", primary.node.name),
                       "A failover takes care of that by itself."});
  TRY(check_slots(*primary.status, *best));
  TRY(check_foreign(*primary.status));  // and again at the fence, but then clients wait already
  context.facts["candidate"] = best->node.name;
  context.facts["old_primary"] = primary.node.name;
  context.facts["logical_slots"] = carried_slots(*best->status);
  return {};
}

Result<> make_ready(Context& context) {
  const auto& candidate = candidate_of(context);
  TRY(context.job(api::JobKind::checkpoint_instance, Json(api::InstanceName{context.instance()})));
  context.facts["ready"] =
      TRY(context.job_on(candidate, api::JobKind::ready_instance, Json(api::InstanceName{candidate.name})));
  context.facts["candidate_address"] = TRY(server_address(context, candidate));
  return {};
}

Result<> prepare_on_candidate(Context& context) {
  return prepare_with(context, TRY(base::convert<api::ServerAddress>(context.operation.facts.at("candidate_address"))));
}

// Nobody writes any more; what is left on its way to the candidate arrives within milliseconds. The primary knows what
// the candidate has, so its agent alone waits for it and stops it: one question and one answer.
Result<> fence(Context& context) {
  TRY(check_held(context));
  const auto& old_primary = old_primary_of(context);
  const auto answer = TRY(base::convert<api::FenceAnswer>(
      TRY(context.job_on(old_primary, api::JobKind::fence_instance,
                         Json(api::FenceInstance{old_primary.name, candidate_of(context).name})))));
  const auto end = answer.end.value_or(api::LogEnd{});
  context.facts["fence"] = Fence{.position = end.position,
                                 .fenced_at = system::timestamp(),
                                 .system_identifier = end.system_identifier,
                                 .timeline = end.timeline};
  context.facts["fence_job"] = answer;
  return {};
}

Result<> start_old_primary(Context& context) {
  const auto& old_primary = old_primary_of(context);
  context.leases.allow(old_primary.name);
  TRY(start_node(context, old_primary, old_primary.engine));
  context.note(fmt::format("{} is the primary as before.", old_primary.name));
  return {};
}

Result<> promote(Context& context) {
  const auto& candidate = candidate_of(context);
  context.leases.allow(candidate.name);
  const auto fence = TRY(base::convert<Fence>(context.operation.facts.at("fence")));
  context.facts["promote"] = TRY(context.job_on(candidate, api::JobKind::promote_instance,
                                                Json(api::PromoteInstance{candidate.name, fence.position})));
  return {};
}

// It may be a primary already, or become one in a moment: it must be stopped before the old one is started. What
// becomes of it then is the repair's business.
Result<> take_back_promotion(Context& context) {
  const auto& candidate = candidate_of(context);
  TRY(context.job_on(candidate, api::JobKind::fence_instance, Json(api::FenceInstance{candidate.name, ""})));
  return {};
}

// A gateway that died since has let go of the clients, and its file still has the old primary, which is fenced: it is
// told anew.
Result<> move_clients(Context& context) {
  const auto address = TRY(base::convert<api::ServerAddress>(context.operation.facts.at("candidate_address")));
  const auto moved =
      context.gateway.move(context.database->name, {context.operation.id, context.operation.generation, address});
  if (!moved && moved.error().code != Code::refused) return moved;
  const auto candidate = candidate_of(context).name;
  for (auto& node : context.database->nodes) node.role = node.name == candidate ? Role::primary : Role::standby;
  context.database->engine = node_named(context, candidate).engine;
  return moved ? moved : serve(context);
}

Result<> rejoin_others(Context& context) {
  const auto old_primary = old_primary_of(context).name;
  auto order = model::standbys_of(*context.database);
  std::ranges::stable_partition(order, [&](const Node& node) { return node.name != old_primary; });
  context.facts["rejoined"] = Json::object();
  for (const auto& node : order) {
    const auto& engine = node.name == old_primary ? context.database->engine : node.engine;
    const auto answer = TRY(rejoin(context, node, engine));
    node_named(context, node.name).engine = engine;
    context.facts["rejoined"][node.name] = answer;
  }
  return {};
}

Result<> synchronise(Context& context) {
  TRY(await_streaming(context, model::standbys_of(*context.database), Deadline::after(kRejoinLimit)));
  TRY(configure(context, model::primary_of(*context.database), Synchronous::as_chosen));
  return serve(context);
}

Result<> certify_switch(Context& context) {
  const auto& facts = context.operation.facts;
  const auto fence = TRY(base::convert<Fence>(facts.at("fence")));
  const auto promoted = TRY(base::convert<api::PromoteAnswer>(facts.at("promote")));
  context.facts["certificate"] = {{"system_identifier", fence.system_identifier},
                                  {"old_timeline", fence.timeline},
                                  {"timeline", promoted.timeline},
                                  {"fence_lsn", base::to_string(fence.position)},
                                  {"old_stopped_at", fence.fenced_at},
                                  {"new_position_lsn", base::to_string(promoted.position)},
                                  {"old_primary", old_primary_of(context).name},
                                  {"new_primary", candidate_of(context).name},
                                  {"logical_slots", facts.value("logical_slots", Json::array())},
                                  {"version", model::to_string(context.database->engine.version)}};
  return {};
}

}  // namespace pgbaton::runbooks
