#include "server/majors.hpp"

#include "runbooks/major_steps.hpp"
#include "system/clock.hpp"
#include "system/log.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Database;
using model::Transfer;

namespace {

Result<model::Kept> kept_of(const Database& database) {
  if (database.kept) return *database.kept;
  return base::fail({Code::refused, fmt::format("no old version of {} is kept", database.name),
                     "One is kept after a major-upgrade, until it is finalized or its time is over."});
}

// Of a database with standbys the way back is the data directory that one of them has kept: the first that still has
// it.
Result<std::optional<model::KeptCopy>> copy_of(const runbooks::Agents& agents, const Database& database,
                                               const model::Kept& kept) {
  for (const auto& copy : kept.standbys)
    if (TRY(runbooks::still_has(agents, database, copy.node, copy.data))) return copy;
  return std::nullopt;
}

struct WayBack {
  model::Kept kept;
  std::optional<model::KeptCopy> copy;  // of a standby; absent: in the instance's own folder
};

Result<WayBack> way_back_of(const runbooks::Agents& agents, const Database& database) {
  auto kept = TRY(kept_of(database));
  if (auto copy = TRY(copy_of(agents, database, kept))) return WayBack{std::move(kept), std::move(copy)};
  const bool is_alone = database.nodes.size() == 1;
  const bool is_here = kept.node.empty() || kept.node == model::primary_of(database).name;
  if (is_alone && is_here && model::allows_revert(kept.transfer)) return WayBack{std::move(kept), std::nullopt};
  if (!is_alone || !is_here)
    return base::fail({Code::refused,
                       fmt::format("no node of {} has kept PostgreSQL {} as it was", database.name,
                                   model::to_string(kept.engine.version)),
                       "The nodes that had it were removed since."});
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

std::string sentence_about(Transfer transfer, bool has_standbys) {
  if (has_standbys)
    return "The standbys' data stay as they are at the upgrade, and `pgbaton revert` can go back to them for 7 days.";
  constexpr std::string_view kSentences[] = {
      "Files are linked: nothing is copied, and until clients are let in the old version takes over again if anything "
      "fails. Once they are, there is no way back to it (--transfer copy keeps one).",
      "Files are cloned: nothing is copied, and `pgbaton revert` can go back for 7 days.",
      "Files are copied: it takes time and space for all data, and `pgbaton revert` can go back for 7 days."};
  return std::string{kSentences[static_cast<int>(transfer)]};
}

Json revert_until(const Database& database) {
  return database.kept && model::allows_revert(*database.kept) ? Json(database.kept->until) : Json{};
}

Json kept_view(const Database& database) {
  if (!database.kept) return nullptr;
  const auto& kept = *database.kept;
  return {{"version", model::to_string(kept.engine.version)},
          {"transfer", kept.transfer},
          {"upgraded_at", kept.upgraded_at},
          {"until", kept.until},
          {"can_revert", model::allows_revert(kept)}};
}

namespace {

// A node goes back to what it has kept; one that has nothing of the kind gets a data directory beside its present one.
Result<std::vector<runbooks::NodeData>> nodes_reverted(const runbooks::Agents& agents, const Database& database,
                                                       const model::Kept& kept) {
  std::vector<runbooks::NodeData> nodes;
  for (const auto& node : database.nodes) {
    const auto instance = TRY(agents.of(node).instance(node.name));
    runbooks::NodeData one{node.name, instance.data, fmt::format("data-{}", kept.engine.version.major)};
    const auto copy = std::ranges::find(kept.standbys, node.name, &model::KeptCopy::node);
    const auto& own = node.name == kept.node ? kept.data : copy == kept.standbys.end() ? one.to : copy->data;
    if (own != one.from) one.to = own;
    nodes.push_back(std::move(one));
  }
  return nodes;
}

}  // namespace

Result<Json> Databases::revert_plan(const std::string& name) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  TRY(check_idle(database));
  const auto way = TRY(way_back_of(shop_.agents, database));
  const auto& kept = way.kept;
  const auto& runbook = way.copy ? runbooks::kRevertCluster : runbooks::kRevertSingle;
  const auto past = TRY(operations_.history(runbook.kind));
  const auto rows = runbooks::rows_of(runbook);
  const auto lost = TRY(transactions_since(shop_.agents.of(database), database, kept));
  return Json{{"database", name},
              {"kind", runbook.kind},
              {"title", runbook.title},
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
  const auto way = TRY(way_back_of(shop_.agents, database));
  const auto& kept = way.kept;
  const auto instance = TRY(shop_.agents.of(database).instance(model::primary_of(database).name));
  const api::MajorTarget target{.instance = way.copy ? way.copy->node : instance.name,
                                .from_engine = database.engine,
                                .from_data = instance.data,
                                .engine = kept.engine,
                                .data = way.copy ? way.copy->data : kept.data,
                                .transfer = kept.transfer};
  Operations::Wanted wanted{.runbook = way.copy ? runbooks::kRevertCluster : runbooks::kRevertSingle,
                            .from = model::to_string(database.engine.version),
                            .to = model::to_string(kept.engine.version),
                            .request = {{"major", target}, {"hold", hold}}};
  if (way.copy) wanted.request["nodes"] = TRY(nodes_reverted(shop_.agents, database, kept));
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
  const auto now = base::to_rfc3339(system::now());
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
