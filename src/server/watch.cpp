#include "server/watch.hpp"

#include "runbooks/logical_slots.hpp"
#include "system/log.hpp"
#include "system/pause.hpp"

namespace pgbaton::server {

using base::Millis;
using base::Result;
using runbooks::Need;

namespace {

constexpr Millis kLookEvery{500};
constexpr Millis kTryAgain{30'000};  // after an operation that did not help
// What a lost primary's clients are given: those in a transaction have had their error by then.
constexpr runbooks::HoldTerms kFailoverTerms{.max_stall_ms = 5'000, .end_sessions = true};

}  // namespace

void Watch::run(const std::stop_token& stop) {
  do {
    if (const auto all = shop_.records.databases())
      for (const auto& document : *all) look_at(document);
  } while (system::pause(stop, kLookEvery));
}

void Watch::look_at(const Document<model::Database>& document) {
  const auto& database = document.value;
  auto& seen = seen_[database.name];
  if (database.nodes.size() < 2 || !database.current_operation.empty()) {
    seen.ailments.clear();  // what an operation does to the nodes is no ailment
    return;
  }
  const auto all = runbooks::observe(shop_.agents, database);
  const auto now = runbooks::Steady::now();
  runbooks::note_health(seen.ailments, all, now);
  const auto& primary = runbooks::of_node(all, model::primary_of(database).name);
  if (primary.status && primary.status->is_running) {
    seen.primary_position = primary.status->position;
    seen.logical_slots = runbooks::logical_slots(*primary.status);
  }
  const auto verdict = runbooks::judge(database, seen.ailments, now);
  if (verdict.need == Need::nothing) return;
  const auto what = fmt::format("{} {}", static_cast<int>(verdict.need), verdict.node);
  if (const auto last = seen.tried.find(what); last != seen.tried.end() && now - last->second < kTryAgain) return;
  const auto acted = act(document, seen, verdict);
  seen.tried[what] = now;
  if (!acted && acted.error().code != base::Code::busy)
    system::log_error("a lost node could not be taken care of",
                      {{"database", database.name}, {"node", verdict.node}, {"error", acted.error().message}});
}

Result<> Watch::act(const Document<model::Database>& document, const Seen& seen, const runbooks::Verdict& verdict) {
  const bool failover = verdict.need == Need::failover;
  const auto& version = document.value.engine.version;
  system::log_warning(
      failover ? "the primary is lost: a failover begins" : "a standby does not replicate: it is repaired",
      {{"database", document.value.name}, {"node", verdict.node}});
  TRY(operations_.begin(document, {.runbook = failover ? runbooks::kFailover : runbooks::kRepair,
                                   .from = model::to_string(version),
                                   .to = model::to_string(version),
                                   .request = {{"node", verdict.node},
                                               {"last_seen_lsn", base::to_string(seen.primary_position)},
                                               {"logical_slots_seen", seen.logical_slots},
                                               {"hold", runbooks::HoldTerms{kFailoverTerms}}}}));
  return {};
}

}  // namespace pgbaton::server
