#include "runbooks/runbook.hpp"

namespace pgbaton::runbooks {

using base::Json;
using base::Result;

namespace {

api::JobRequest request_for(const Context& context, api::JobKind kind, const Json& parameters) {
  const auto& operation = context.operation;
  return {.id = fmt::format("{}-{}-{}{}-{}-{}", operation.id, operation.steps.at(operation.cursor).name,
                            operation.going_back ? "undo-" : "", operation.generation.number, context.attempt,
                            to_string(kind)),
          .kind = kind,
          .database = operation.database,
          .generation = operation.generation,
          .parameters = parameters};
}

}  // namespace

Result<Json> Context::job(api::JobKind kind, const Json& parameters) const {
  return agent.run(request_for(*this, kind, parameters), stop, on_progress);
}

Result<Json> Context::job_on(const model::Node& node, api::JobKind kind, const Json& parameters) const {
  auto request = request_for(*this, kind, parameters);
  request.id += "-" + node.name;
  return agents.of(node).run(request, stop, on_progress);
}

Result<Json> Context::host_job(api::JobKind kind, const Json& parameters) const {
  auto request = request_for(*this, kind, parameters);
  request.database.clear();
  return agent.run(request, stop, on_progress);
}

std::span<const Runbook> runbooks() {
  static const std::array kAll{kCreateSingle,  kCreateCluster, kMinorSingle,   kMinorCluster,   kMajorSingle,
                               kMajorCluster,  kRevertSingle,  kRevertCluster, kFinalize,       kSwitchover,
                               kFailover,      kRepair,        kResizeNodes,   kResizeRolling,  kResizeRestart,
                               kBackup,        kVerifyBackups, kRestoreNew,    kRestoreInPlace, kDestroy,
                               kInstallEngine, kQualifyEngine};
  return kAll;
}

const Runbook* find_runbook(std::string_view kind) {
  const auto all = runbooks();
  const auto found = std::ranges::find(all, kind, &Runbook::kind);
  return found == all.end() ? nullptr : &*found;
}

std::vector<operation::Row> rows_of(const Runbook& runbook) {
  std::vector<operation::Row> rows;
  for (const auto& step : runbook.steps) rows.push_back(step.row);
  return rows;
}

std::string in_service(const Agents& agents, const model::Database& database) {
  if (database.nodes.empty()) return "Nothing was made; no database is in service.";
  const auto status = agents.of(database).instance(model::primary_of(database).name);
  if (!status && status.error().code == base::Code::not_found) return "Nothing was made; no database is in service.";
  if (!status)
    return "What is in service is not known now: the agent does not answer. PostgreSQL does not depend on it.";
  if (status->state == "running")
    return fmt::format("PostgreSQL {} is in service on port {}.", status->version, database.port);
  return fmt::format("PostgreSQL is {}; nothing is in service.", status->state);
}

}  // namespace pgbaton::runbooks
