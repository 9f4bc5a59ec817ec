// Changes of plan: asked for, planned, begun.
#include "runbooks/resize_choice.hpp"
#include "server/databases.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Database;
using runbooks::Resize;
using runbooks::ResizeWay;

namespace {

const runbooks::Runbook& runbook_of(ResizeWay way) {
  if (way == ResizeWay::rolling) return runbooks::kResizeRolling;
  return way == ResizeWay::restart ? runbooks::kResizeRestart : runbooks::kResizeNodes;
}

Result<std::optional<std::string>> word_in(const Json& asked, const char* field) {
  if (!asked.is_object() || !asked.contains(field) || asked[field].is_null()) return std::nullopt;
  if (!asked[field].is_string()) return base::fail(Code::invalid_argument, "the field \"{}\" is no text", field);
  return asked[field].get<std::string>();
}

Result<std::optional<model::Replication>> replication_in(const Json& asked) {
  const auto word = TRY(word_in(asked, "replication"));
  if (!word) return std::nullopt;
  const auto wanted = model::parse_Replication(*word);
  if (!wanted) return base::fail(Code::invalid_argument, "\"replication\" is \"synchronous\" or \"asynchronous\"");
  return wanted;
}

Result<Resize> resize_asked_for(const Database& database, const Json& asked) {
  const auto plan = TRY(word_in(asked, "plan"));
  const auto replication = TRY(replication_in(asked));
  const auto to = plan ? TRY(model::parse_plan(*plan)) : database.plan;
  if (replication == model::Replication::synchronous && to.topology == model::Topology::starter)
    return base::fail({Code::invalid_argument, "a starter database has no standby to wait for",
                       "Choose a business or an enterprise plan."});
  Resize resize{.from = database.plan,
                .to = to,
                .from_replication = database.replication,
                .to_replication = runbooks::replication_after(database.plan, database.replication, to, replication)};
  for (const auto& node : database.nodes) resize.present.push_back(node.name);
  if (runbooks::way_of(resize) != ResizeWay::nothing) return resize;
  return base::fail({Code::refused,
                     fmt::format("{} has the plan {} already, with {} replication", database.name,
                                 model::to_string(database.plan), to_string(database.replication)),
                     "Choose another plan."});
}

}  // namespace

Result<Json> Databases::resize_plan(const std::string& name, const Json& asked) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  TRY(check_idle(database));
  const auto resize = TRY(resize_asked_for(database, asked));
  const auto& runbook = runbook_of(runbooks::way_of(resize));
  const auto past = TRY(operations_.history(runbook.kind));
  const auto rows = runbooks::rows_of(runbook);
  return Json{{"database", name},
              {"kind", runbook.kind},
              {"title", runbook.title},
              {"from", resize.from},
              {"to", resize.to},
              {"replication", resize.to_replication},
              {"text", runbooks::sentence_about(resize)},
              {"steps", operation::plan_steps(rows, past)},
              {"estimate", operation::estimate(rows, past)}};
}

Result<model::Operation> Databases::resize(const std::string& name, const Json& asked) {
  auto document = TRY(shop_.records.database(name));
  TRY(check_idle(document.value));
  const auto resize = TRY(resize_asked_for(document.value, asked));
  const auto terms = TRY(parse_upgrade(asked))
  .hold;
  return operations_.begin(std::move(document), {.runbook = runbook_of(runbooks::way_of(resize)),
                                                 .from = model::to_string(resize.from),
                                                 .to = model::to_string(resize.to),
                                                 .request = {{"resize", resize}, {"hold", terms}}});
}

}  // namespace pgbaton::server
