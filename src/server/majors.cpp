#include "server/majors.hpp"

#include "api/major.hpp"
#include "system/clock.hpp"
#include "system/log.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Database;
using model::Transfer;

namespace {

// pg_upgrade's time grows with the number of objects: this is for the gateway alone, which opens its gate by itself
// when nobody is heard of any more.
constexpr std::int64_t kLongestMajorHoldMs = 1'800'000;

Result<Transfer> transfer_for(const runbooks::AgentClient& agent, const std::optional<Transfer>& asked) {
  if (asked && *asked != Transfer::clone) return *asked;
  const bool can_clone = TRY(agent.host())
  .can_clone;
  if (can_clone) return Transfer::clone;
  if (!asked) return Transfer::link;
  return base::fail({Code::refused, "the file system of the data cannot clone files",
                     "XFS and Btrfs can. Use --transfer copy, or --transfer link, which allows no revert."});
}

Result<model::Kept> kept_of(const Database& database) {
  if (database.kept) return *database.kept;
  return base::fail({Code::refused, fmt::format("no old version of {} is kept", database.name),
                     "One is kept after a major-upgrade, until it is finalized or its time is over."});
}

Result<model::Kept> revertible(const Database& database) {
  auto kept = TRY(kept_of(database));
  if (model::allows_revert(kept.transfer)) return kept;
  return base::fail(
      {Code::refused,
       fmt::format("PostgreSQL {} of {} cannot be gone back to: its files were linked, and the new version has "
                   "written to them",
                   model::to_string(kept.engine.version), database.name),
       "Upgrade with --transfer copy (or clone, where the file system can) to keep a way back."});
}

std::int64_t number_of(const std::string& text) { return std::atoll(text.c_str()); }

// Every transaction that wrote has a number, those of pgbaton's own upkeep too: it is an upper bound.
Result<std::int64_t> transactions_since(const runbooks::AgentClient& agent, const Database& database,
                                        const model::Kept& kept) {
  const auto answer = TRY(agent.query(model::primary_of(database).name,
                                      {"postgres", "SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid"}));
  return std::max<std::int64_t>(0, number_of(answer.rows.at(0).at("xid")) - number_of(kept.next_xid));
}

}  // namespace

std::string sentence_about(Transfer transfer) {
  constexpr std::string_view kSentences[] = {
      "Files are linked: nothing is copied, and until clients are let in the old version takes over again if anything "
      "fails. Once they are, there is no way back to it (--transfer copy keeps one).",
      "Files are cloned: nothing is copied, and `pgbaton revert` can go back for 7 days.",
      "Files are copied: it takes time and space for all data, and `pgbaton revert` can go back for 7 days."};
  return std::string{kSentences[static_cast<int>(transfer)]};
}

Json revert_until(const Database& database) {
  return database.kept && model::allows_revert(database.kept->transfer) ? Json(database.kept->until) : Json{};
}

Json kept_view(const Database& database) {
  if (!database.kept) return nullptr;
  const auto& kept = *database.kept;
  return {{"version", model::to_string(kept.engine.version)},
          {"transfer", kept.transfer},
          {"upgraded_at", kept.upgraded_at},
          {"until", kept.until},
          {"can_revert", model::allows_revert(kept.transfer)}};
}

Result<Json> major_request(const runbooks::AgentClient& agent, const Database& database, const model::EngineId& engine,
                           const Databases::UpgradeRequest& asked) {
  const auto instance = TRY(agent.instance(model::primary_of(database).name));
  auto hold = asked.hold;
  hold.longest_ms = kLongestMajorHoldMs;
  api::MajorTarget target{.instance = instance.name,
                          .from_engine = database.engine,
                          .from_data = instance.data,
                          .engine = engine,
                          .data = fmt::format("data-{}", engine.version.major),
                          .budget_ms = asked.budget_ms};
  target.transfer = TRY(transfer_for(agent, asked.transfer));
  return Json{{"major", target}, {"hold", hold}, {"digest", asked.digest}};
}

Result<Json> Databases::revert_plan(const std::string& name) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  TRY(check_idle(database));
  const auto kept = TRY(revertible(database));
  const auto past = TRY(operations_.history(runbooks::kRevertSingle.kind));
  const auto rows = runbooks::rows_of(runbooks::kRevertSingle);
  const auto lost = TRY(transactions_since(shop_.agents.of(database), database, kept));
  return Json{{"database", name},
              {"kind", runbooks::kRevertSingle.kind},
              {"title", runbooks::kRevertSingle.title},
              {"from", model::to_string(database.engine.version)},
              {"to", model::to_string(kept.engine.version)},
              {"lost_since", kept.upgraded_at},
              {"lost_transactions_at_most", lost},
              {"text", fmt::format("{} goes back to PostgreSQL {} as it was at {}. Everything written since then is "
                                   "lost: at most {} transactions.",
                                   name, model::to_string(kept.engine.version), kept.upgraded_at, lost)},
              {"steps", operation::plan_steps(rows, past)},
              {"estimate", operation::estimate(rows, past)}};
}

Result<model::Operation> Databases::revert(const std::string& name, const runbooks::HoldTerms& hold) {
  auto document = TRY(shop_.records.database(name));
  const auto& database = document.value;
  TRY(check_idle(database));
  const auto kept = TRY(revertible(database));
  const auto instance = TRY(shop_.agents.of(database).instance(model::primary_of(database).name));
  const api::MajorTarget target{.instance = instance.name,
                                .from_engine = database.engine,
                                .from_data = instance.data,
                                .engine = kept.engine,
                                .data = kept.data,
                                .transfer = kept.transfer};
  const Operations::Wanted wanted{.runbook = runbooks::kRevertSingle,
                                  .from = model::to_string(database.engine.version),
                                  .to = model::to_string(kept.engine.version),
                                  .request = {{"major", target}, {"hold", hold}}};
  return operations_.begin(std::move(document), wanted);
}

Result<model::Operation> Databases::finalize(const std::string& name) {
  auto document = TRY(shop_.records.database(name));
  TRY(check_idle(document.value));
  const auto kept = TRY(kept_of(document.value));
  const auto version = model::to_string(document.value.engine.version);
  return operations_.begin(
      std::move(document),
      {.runbook = runbooks::kFinalize, .from = model::to_string(kept.engine.version), .to = version});
}

Result<> Databases::finalize_expired() {
  const auto now = base::to_rfc3339(system::SystemClock{}.now());
  for (const auto& document : TRY(shop_.records.databases())) {
    const auto& database = document.value;
    if (!database.kept || !database.current_operation.empty() || database.kept->until > now) continue;
    if (const auto begun = finalize(database.name); !begun)
      system::log_warning("what was kept for long enough could not be finalized",
                          {{"database", database.name}, {"error", begun.error().message}});
  }
  return {};
}

}  // namespace pgbaton::server
