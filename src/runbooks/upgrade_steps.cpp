#include "runbooks/upgrade_steps.hpp"

#include "runbooks/gate.hpp"
#include "runbooks/instance_steps.hpp"
#include "runbooks/preflight.hpp"

namespace pgbaton::runbooks {

using base::Code;
using base::Json;
using base::Result;
using model::EngineId;

Result<EngineId> engine_asked_for(const Context& context, std::string_view field) {
  return base::convert<EngineId>(context.operation.request.at(std::string{field}));
}

Result<preflight::Report> kept_preflight(Context& context, const Preflight& subject, const EngineId& target) {
  auto [report, record] = TRY(record_preflight(subject, target, context.stop, context.on_progress));
  record.operation = context.operation.id;
  context.preflight = std::move(record);
  context.facts["preflight"] = report;
  return report;
}

Result<> check_upgrade(Context& context) {
  const auto target = TRY(engine_asked_for(context, "engine"));
  const Preflight subject{context.agent, context.catalog, *context.database, context.engines};
  const auto report = TRY(kept_preflight(context, subject, target));
  if (!report.stops()) return {};
  const auto& first = report.findings.front();
  return base::fail({Code::refused, first.text, first.remedy});
}

// What the clients waited at the gate, and who did not come along.
Result<> go_on(Context& context) {
  TRY(resume(context));
  const auto resumed = TRY(base::convert<api::ResumeAnswer>(context.facts["resume"]));
  context.facts["stall"] = model::Stall{.max_ms = resumed.stall_max_ms,
                                        .p99_ms = resumed.stall_p99_ms,
                                        .sessions_moved = resumed.moved,
                                        .sessions_ended = resumed.ended};
  return reach_as_clients(context);
}

Result<> update_extensions(Context& context) {
  context.facts["extensions"] =
      TRY(context.job(api::JobKind::update_extensions, Json(api::InstanceName{context.instance()})));
  return {};
}

namespace {

std::vector<api::Statement> statements_after(const preflight::Report& report) {
  std::vector<api::Statement> statements;
  for (const auto& finding : report.findings)
    for (const auto& sql : finding.statements)
      statements.push_back({.database = finding.database, .sql = sql, .about = sql});
  return statements;
}

// What locks, or may not be needed, is for a person to decide: it is listed.
void list_by_hand(Context& context, const preflight::Report& report) {
  context.facts["by_hand"] = Json::array();
  for (const auto& finding : report.findings) {
    for (const auto& sql : finding.by_hand)
      context.facts["by_hand"].push_back({{"database", finding.database}, {"sql", sql}, {"about", finding.text}});
    if (!finding.by_hand.empty())
      context.note(fmt::format("For you to decide{}: {} {}",
                               finding.database.empty() ? "" : " in database " + finding.database, finding.text,
                               fmt::join(finding.by_hand, "; ")));
  }
}

}  // namespace

Result<> aftercare(Context& context) {
  const auto report = TRY(base::convert<preflight::Report>(context.operation.facts.at("preflight")));
  list_by_hand(context, report);
  const auto statements = statements_after(report);
  context.facts["aftercare"] = Json::array();
  if (statements.empty()) return {};
  const auto answer =
      TRY(context.job(api::JobKind::run_statements, Json(api::RunStatements{context.instance(), statements})));
  context.facts["aftercare"] = answer.at("statements");
  return {};
}

}  // namespace pgbaton::runbooks
