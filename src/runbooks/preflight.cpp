#include "runbooks/preflight.hpp"

#include "api/major.hpp"
#include "runbooks/fingerprint.hpp"
#include "system/clock.hpp"
#include "system/random.hpp"

namespace pgbaton::runbooks {

using base::Result;

namespace {

const model::EngineRecord* find(const std::vector<model::EngineRecord>& engines, const model::EngineId& id) {
  const auto found = std::ranges::find(engines, id, &model::EngineRecord::id);
  return found == engines.end() ? nullptr : &*found;
}

void ask(const AgentClient& agent, const std::string& instance, const preflight::Query& query,
         const std::vector<std::string>& databases, preflight::Inputs& inputs) {
  auto& rows = inputs.rows[query.id];
  for (const auto& database : databases) {
    const auto answer = agent.query(instance, {database, query.sql});
    if (!answer) {
      auto& errors = inputs.errors[query.id];
      errors += fmt::format("{}{}: {}", errors.empty() ? "" : "; ", database, answer.error().message);
      continue;
    }
    for (const auto& row : answer->rows) rows.push_back({query.scope == preflight::Scope::server ? "" : database, row});
  }
}

preflight::Finding finding_of_check(const api::RehearsalFinding& found) {
  using preflight::Severity;
  preflight::Finding finding{.check = std::string{preflight::kPgUpgrade}, .objects = found.lines};
  if (found.kind == "unchecked") {
    finding.severity = Severity::act;
    finding.text = fmt::format("pg_upgrade --check gave no answer: {}", found.cause);
    finding.remedy = "Run the preflight again when what stands in its way has gone.";
  } else {
    finding.severity = Severity::stop;
    finding.text = fmt::format("pg_upgrade refuses it: {}", found.cause);
    finding.remedy = "Mend what it names and run the preflight again: it may not have come to the end of its checks.";
  }
  return finding;
}

preflight::Finding finding_of(const api::RehearsalFinding& found) {
  using preflight::Severity;
  if (found.kind == "refused" || found.kind == "unchecked") return finding_of_check(found);
  preflight::Finding finding{
      .check = "rehearsal", .severity = Severity::stop, .database = found.database, .objects = {found.object}};
  if (found.kind == "unknown") {
    finding.severity = Severity::act;
    finding.text = fmt::format("The restore of {} could not be rehearsed: {}.", found.object, found.cause);
    finding.remedy = "Run the preflight again when what stands in its way has gone.";
  } else if (found.kind == "extension") {
    finding.severity = Severity::act;
    finding.text = fmt::format("The extension {} cannot be updated by itself: {}.", found.object, found.cause);
    finding.remedy = "It stays at its version. DROP EXTENSION before and CREATE EXTENSION after, if it is to be newer.";
  } else {
    finding.text = fmt::format("In the target version this fails: {}: {}.",
                               found.object.empty() ? "roles, settings or databases" : found.object, found.cause);
    finding.remedy = "Change or drop it before the upgrade: pg_upgrade would fail on it after the old server is down.";
  }
  return finding;
}

Result<std::vector<preflight::Finding>> rehearse_restore(const Preflight& subject, const model::EngineId& target,
                                                         const std::stop_token& stop,
                                                         const AgentClient::OnProgress& on_progress) {
  const api::JobRequest request{.id = "rehearse-" + system::random_id(),
                                .kind = api::JobKind::rehearse_schema,
                                .parameters = api::RehearseSchema{model::primary_of(subject.database).name, target}};
  const auto answer = TRY(base::convert<api::RehearsalAnswer>(TRY(subject.agent.run(request, stop, on_progress))));
  std::vector<preflight::Finding> findings;
  for (const auto& found : answer.findings) findings.push_back(finding_of(found));
  return findings;
}

Result<> add_major_inputs(const Preflight& subject, Rehearse rehearse, const std::stop_token& stop,
                          const AgentClient::OnProgress& on_progress, preflight::Inputs& inputs) {
  const int from = inputs.from.version.major;
  const int to = inputs.to.version.major;
  for (const auto& changed : subject.catalog.majors.defaults)
    if (catalog::crosses(from, to, changed.changed_in)) inputs.defaults.push_back(changed);
  if (subject.copies) inputs.needed = TRY(subject.agent.instance(model::primary_of(subject.database).name))
  .size;
  if (rehearse == Rehearse::yes && (inputs.wants(preflight::kRehearsal) || inputs.wants(preflight::kPgUpgrade)) &&
      inputs.target && inputs.target->installed())
    inputs.rehearsed = TRY(rehearse_restore(subject, inputs.to, stop, on_progress));
  return {};
}

}  // namespace

Result<preflight::Report> run_preflight(const Preflight& subject, const model::EngineId& target, Rehearse rehearse,
                                        const std::stop_token& stop, const AgentClient::OnProgress& on_progress) {
  const auto& database = subject.database;
  const auto& instance = model::primary_of(database).name;
  const auto* current = find(subject.engines, database.engine);
  const auto* wanted = find(subject.engines, target);
  preflight::Inputs inputs{
      .from = database.engine,
      .from_collation = current && current->manifest ? current->manifest->collation : model::CollationVersions{},
      .to = target,
      .only = subject.only};
  if (wanted != nullptr) inputs.target = *wanted;
  if (subject.is_later_hop)
    inputs.not_rehearsed = "The restore of the schema is rehearsed when the turn of this upgrade comes.";
  inputs.majors = catalog::checks_for(subject.catalog.majors, inputs.from.version.major, inputs.to.version.major);
  TRY(preflight::check_only(inputs, subject.catalog.majors));
  if (const auto host = subject.agent.host()) inputs.disk_free = host->free_space;
  inputs.hazards = catalog::applicable(subject.catalog.hazards, database.engine.version, target.version);
  const auto databases = TRY(logical_databases(subject.agent, instance));
  if (inputs.is_major()) TRY(add_major_inputs(subject, rehearse, stop, on_progress, inputs));
  for (const auto& query : preflight::queries(inputs.hazards, inputs.majors, inputs.only))
    ask(subject.agent, instance, query,
        query.scope == preflight::Scope::server ? std::vector<std::string>{"postgres"} : databases, inputs);
  return preflight::judge(inputs);
}

Result<Recorded> record_preflight(const Preflight& subject, const model::EngineId& target, const std::stop_token& stop,
                                  const AgentClient::OnProgress& on_progress) {
  // Read first: what changes meanwhile makes it expire. What could not be read holds from the beginning no more.
  const auto now = fingerprints(subject.agent, subject.database).value_or(Fingerprints{});
  Recorded recorded;
  recorded.report = TRY(run_preflight(subject, target, Rehearse::yes, stop, on_progress));
  recorded.record = {.database = subject.database.name,
                     .made_at = subject.database.created_at,
                     .from = subject.database.engine,
                     .to = target,
                     .ended_at = system::timestamp(),
                     .schema = now.schema,
                     .configuration = now.configuration,
                     .report = recorded.report};
  return recorded;
}

}  // namespace pgbaton::runbooks
