#include "server/operations.hpp"

#include "operation/hops.hpp"
#include "operation/machine.hpp"
#include "system/clock.hpp"
#include "system/log.hpp"
#include "system/random.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Operation;

Result<std::vector<Operation>> Operations::history(std::string_view kind) const {
  auto all = TRY(shop_.records.operations());
  std::erase_if(
      all, [&](const Operation& past) { return past.kind != kind || past.state != model::OperationState::finished; });
  return all;
}

Result<Operation> Operations::draft(const Wanted& wanted) const {
  Operation operation{.id = system::random_id(),
                      .kind = std::string{wanted.runbook.kind},
                      .from = wanted.from,
                      .to = wanted.to,
                      .request = wanted.request,
                      .created_at = system::timestamp()};
  operation.steps = operation::plan_steps(runbooks::rows_of(wanted.runbook), TRY(history(wanted.runbook.kind)));
  for (const auto& hop : wanted.hops) {
    const auto rows = runbooks::rows_of(*runbooks::find_runbook(hop.kind));
    operation::add_hop(operation, hop, operation::plan_steps(rows, TRY(history(hop.kind))));
  }
  for (auto& step : operation.steps)
    if (const auto found = wanted.expected.find(step.name); found != wanted.expected.end())
      step.estimate_ms = found->second.count();
  return operation;
}

Result<Operation> Operations::begin(Document<model::Database> database, const Wanted& wanted) {
  auto& record = database.value;
  if (!record.current_operation.empty())
    return base::fail(
        {Code::busy,
         fmt::format("database {} has a running operation already: {}", record.name, record.current_operation),
         fmt::format("Wait for it (pgbaton operation {} --follow), or cancel it.", record.current_operation)});
  auto operation = TRY(draft(wanted));
  operation.database = record.name;
  operation.generation = {++record.generation.number};
  record.current_operation = operation.id;
  record.state = wanted.runbook.state;
  const auto stored = shop_.records.store().commit(
      {put(record, database.revision), put(operation, 0), event_of(operation, "state", "", wanted.runbook.title)});
  if (!stored && stored.error().code == Code::busy && database.revision == 0)
    return base::fail(Code::already_exists, "there is a database \"{}\" already", record.name);
  TRY(stored);
  system::log_info("operation begins",
                   {{"operation", operation.id}, {"kind", operation.kind}, {"database", record.name}});
  executor_.begin(operation.id);
  return operation;
}

Result<Operation> Operations::begin(const model::EngineRecord& engine, const Wanted& wanted) {
  const auto id = Json(engine.id);
  for (const auto& running : TRY(shop_.records.operations()))
    if (!model::has_ended(running.state) && running.kind == wanted.runbook.kind &&
        running.request.value("engine_record", Json{}) == id)
      return running;
  auto operation = TRY(draft(wanted));
  operation.request["engine_record"] = id;
  TRY(shop_.records.store().commit({put(operation, 0), event_of(operation, "state", "", wanted.runbook.title)}));
  executor_.begin(operation.id);
  return operation;
}

Result<Operation> Operations::cancel(const std::string& id) {
  constexpr int kTries = 20;  // against an executor that commits at the same moment
  for (int attempt = 0;; ++attempt) {
    const auto document = TRY(shop_.records.operation(id));
    auto cancelled = TRY(operation::cancel(document.value));
    const auto stored = shop_.records.store().commit(
        {put(cancelled, document.revision), event_of(cancelled, "state", "", "Cancelled by a user.")});
    if (stored) {
      executor_.nudge(id);
      return cancelled;
    }
    if (stored.error().code != Code::busy || attempt == kTries) return std::unexpected(stored.error());
  }
}

Json view(const Operation& operation) {
  Json json(operation);
  for (const auto* internal : {"cursor", "going_back", "generation", "request"}) json.erase(internal);
  for (auto& hop : json["hops"]) hop.erase("request");
  if (operation.hops.empty()) json.erase("hops");
  if (operation.database.empty()) json["database"] = nullptr;
  if (operation.ended_at.empty()) json["ended_at"] = nullptr;
  return json;
}

}  // namespace pgbaton::server
