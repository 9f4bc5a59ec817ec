#include "runbooks/health.hpp"

namespace pgbaton::runbooks {

using base::Millis;
using model::Role;

namespace {

// Crash recovery after a few seconds of load takes about that long; with synchronous commits waiting gains nothing.
constexpr Millis kGraceAsynchronous{5'000};
constexpr Millis kGraceSynchronous{1'000};
// A standby that restarts, or whose connection was cut, is back by itself within this.
constexpr Millis kGraceStandby{10'000};

Millis grace_of_primary(const model::Database& database) {
  return database.replication == model::Replication::synchronous ? kGraceSynchronous : kGraceAsynchronous;
}

// A standby hears nothing for five seconds before it says so: the network is away for as long, then, already.
constexpr Millis kGraceGone{500};

bool is_for(const Ailments& ailments, const std::string& node, Health health, Millis grace, Steady::time_point now) {
  const auto found = ailments.find(node);
  return found != ailments.end() && found->second.health == health && now - found->second.since >= grace;
}

// Those that can be asked all say that they get nothing from it, and there is one.
bool is_heard_by_none(const std::vector<Observed>& all) {
  bool any = false;
  for (const auto& one : all) {
    if (one.node.role != Role::standby || !one.status || !one.status->is_running) continue;
    if (one.status->is_streaming) return false;
    any = true;
  }
  return any;
}

}  // namespace

namespace {

bool can_be_asked(const Observed& primary) {
  return primary.status && primary.status->is_running && !primary.status->in_recovery;
}

Trouble trouble_at_primary(const std::string& standby, const api::ReplicationStatus& primary) {
  const auto slot = std::ranges::find(primary.slots, standby, &api::SlotStatus::name);
  const auto replica = std::ranges::find(primary.replicas, standby, &api::ReplicaStatus::name);
  if (slot == primary.slots.end()) return Trouble::slot_missing;
  if (slot->wal_status == "lost") return Trouble::slot_lost;
  if (replica == primary.replicas.end()) return Trouble::not_sent;
  return slot->wal_status == "unreserved" ? Trouble::slot_at_risk : Trouble::none;
}

}  // namespace

Trouble trouble_of(const Observed& standby, const Observed& primary) {
  if (can_be_asked(primary))
    if (const auto seen = trouble_at_primary(standby.node.name, *primary.status);
        seen == Trouble::slot_lost || seen == Trouble::slot_missing)
      return seen;
  if (standby.status && !standby.status->is_running) return Trouble::not_running;
  if (standby.status && !standby.status->is_streaming) return Trouble::not_streaming;
  return can_be_asked(primary) ? trouble_at_primary(standby.node.name, *primary.status) : Trouble::none;
}

std::string_view sentence_about(Trouble trouble) {
  constexpr std::string_view kSentences[] = {
      "",
      "it does not run",
      "it does not stream",
      "its primary sends it nothing",
      "its primary keeps no log for it",
      "it is so far behind that the log which it needs may go",
      "the log which it needs is gone: it is built anew",
  };
  return kSentences[static_cast<int>(trouble)];
}

std::string sync_state_of(const Observed& standby, const Observed& primary) {
  if (!can_be_asked(primary)) return "";
  const auto replica = std::ranges::find(primary.status->replicas, standby.node.name, &api::ReplicaStatus::name);
  return replica == primary.status->replicas.end() ? "" : replica->sync_state;
}

Health health_of(const Observed& one, const Observed& primary) {
  if (!one.status) return Health::unseen;
  if (one.node.role == Role::primary)
    return one.status->is_running && !one.status->in_recovery ? Health::well : Health::ill;
  const auto trouble = trouble_of(one, primary);
  return trouble == Trouble::none || trouble == Trouble::slot_at_risk ? Health::well : Health::ill;
}

void note_health(Ailments& ailments, const std::vector<Observed>& all, Steady::time_point now) {
  const auto& primary = *std::ranges::find(all, Role::primary, [](const Observed& one) { return one.node.role; });
  for (const auto& one : all) {
    auto health = health_of(one, primary);
    if (health == Health::unseen && one.node.role == Role::primary && is_heard_by_none(all)) health = Health::gone;
    if (health == Health::well) {
      ailments.erase(one.node.name);
      continue;
    }
    auto [at, is_new] = ailments.try_emplace(one.node.name, Ailment{health, now});
    if (!is_new && at->second.health != health) at->second = {health, now};
  }
}

Verdict judge(const model::Database& database, const Ailments& ailments, Steady::time_point now) {
  const auto& primary = model::primary_of(database).name;
  if (is_for(ailments, primary, Health::ill, grace_of_primary(database), now) ||
      is_for(ailments, primary, Health::gone, kGraceGone, now))
    return {Need::failover, primary};
  if (ailments.contains(primary)) return {};  // a standby can follow nobody now
  for (const auto& standby : model::standbys_of(database))
    if (is_for(ailments, standby.name, Health::ill, kGraceStandby, now)) return {Need::repair, standby.name};
  return {};
}

}  // namespace pgbaton::runbooks
