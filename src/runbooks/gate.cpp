#include "runbooks/gate.hpp"

#include "base/text.hpp"
#include "runbooks/cluster.hpp"
#include "runbooks/instance_steps.hpp"

namespace pgbaton::runbooks {

using base::Code;
using base::Result;

namespace {

constexpr int kMostParked = 20'000;
constexpr auto kStandInTheWay =
    "Wait until they have gone or ended their transactions, or end them with --end-sessions.";

Result<HoldTerms> terms_of(const Context& context) {
  const auto& request = context.operation.request;
  return request.contains("hold") ? base::convert<HoldTerms>(request["hold"]) : HoldTerms{};
}

}  // namespace

Result<api::ServedDatabase> served(const Agents& agents, const model::Database& database) {
  const auto& primary = model::primary_of(database);
  const auto instance = TRY(agents.of(primary).instance(primary.name));
  const bool is_here = primary.host == model::kLocalHost;
  const auto server = TRY(address_for_gateway(agents, primary, instance));
  return api::ServedDatabase{.name = database.name,
                             .generation = database.generation,
                             .port = database.port,
                             .server = server,
                             .superuser = instance.superuser,
                             .certificate = is_here ? instance.certificate : (agents.tls() / "gateway.crt").string(),
                             .key = is_here ? instance.key : (agents.tls() / "gateway.key").string(),
                             // Parked sessions have no server connection: what limits them is the gateway's memory.
                             .max_connections = database.park_after_ms > 0 ? kMostParked : instance.client_connections,
                             .allow = database.allow,
                             .park_after_ms = database.park_after_ms,
                             .on_loss = database.nodes.size() > 1 ? api::OnLoss::wait : api::OnLoss::end};
}

Result<> serve(Context& context) {
  auto wanted = TRY(served(context.agents, *context.database));
  wanted.generation = context.operation.generation;
  return context.gateway.serve(wanted);
}

Result<> forget(Context& context) { return context.gateway.forget(context.database->name); }

Result<> prepare(Context& context) { return prepare_with(context, std::nullopt); }

Result<> prepare_with(Context& context, const std::optional<api::ServerAddress>& candidate) {
  const auto answer = TRY(context.gateway.prepare(context.database->name, {context.operation.generation, candidate}));
  context.facts["sessions"] = answer;
  if (answer.uncarried.empty()) return {};
  std::vector<std::string> words;
  for (const auto& session : answer.uncarried)
    words.push_back(fmt::format("session {} of {} ({}): {}", session.id, session.user, session.client,
                                base::join(session.uncarried, ", ")));
  const auto terms = TRY(terms_of(context));
  if (terms.end_sessions) {
    context.note("These sessions cannot be carried over and will be ended: " + base::join(words, "; "));
    return {};
  }
  return base::fail(
      {Code::refused, "these sessions cannot be carried over: " + base::join(words, "; "), kStandInTheWay});
}

namespace {

Result<> hold_with(Context& context, api::Consumers consumers) {
  const auto terms = TRY(terms_of(context));
  const auto stragglers = terms.end_sessions ? api::Stragglers::end : api::Stragglers::refuse;
  auto answer = context.gateway.hold(context.database->name, {.operation = context.operation.id,
                                                              .generation = context.operation.generation,
                                                              .drain_ms = terms.max_stall_ms,
                                                              .deadline_ms = terms.max_stall_ms + terms.longest_ms,
                                                              .transactions = stragglers,
                                                              .uncarried = stragglers,
                                                              .consumers = consumers});
  if (!answer && answer.error().code == Code::refused) answer.error().remedy = kStandInTheWay;
  context.facts["hold"] = TRY(std::move(answer));
  return {};
}

}  // namespace

Result<> hold(Context& context) { return hold_with(context, api::Consumers::end); }

// pg_upgrade refuses logical slots whose consumers lack changes; an orderly stop sends them what they lack.
Result<> hold_for_pg_upgrade(Context& context) { return hold_with(context, api::Consumers::leave); }

Result<> check_held(const Context& context) {
  const auto status = TRY(context.gateway.status(context.database->name));
  if (status.gate == "closed" && status.operation == context.operation.id) return {};
  return base::fail({Code::failed, "the gateway no longer holds the clients, so the server under them is not stopped",
                     "Start the upgrade again."});
}

Result<> resume(Context& context) {
  const auto answer =
      TRY(context.gateway.resume(context.database->name, {context.operation.id, context.operation.generation}));
  context.facts["resume"] = answer;
  for (const auto& problem : answer.problems) context.note("Ended: " + problem);
  return {};
}

Result<> compare(Context& context) {
  const auto answer =
      TRY(context.gateway.compare(context.database->name, {context.operation.id, context.operation.generation}));
  context.facts["compare"] = answer;
  for (const auto& problem : answer.problems) context.note("Ended: " + problem);
  return {};
}

}  // namespace pgbaton::runbooks
