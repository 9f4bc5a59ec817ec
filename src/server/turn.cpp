#include "server/turn.hpp"

#include "operation/hops.hpp"
#include "operation/machine.hpp"
#include "runbooks/hops.hpp"
#include "system/clock.hpp"
#include "system/failpoint.hpp"
#include "system/log.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Millis;
using base::Result;
using model::Operation;
using model::OperationState;

namespace {

bool agent_was_away(const base::Error& error) {
  return error.code == Code::unreachable || error.code == Code::interrupted;
}

// What was read, at which revisions, and what the step works with.
class Turn {
 public:
  static Result<Turn> open(const Shop& shop, const std::string& id, const TurnOptions& options);

  [[nodiscard]] Operation& operation() { return context_.operation; }
  /// Going back over what was never begun, or has nothing to undo.
  [[nodiscard]] bool would_skip() {
    const bool never_begun = operation().steps.at(operation().cursor).state == model::StepState::pending;
    return operation().going_back && (never_begun || step().undo == nullptr);
  }

  /// Whether it is on record that the step runs: the turn before has seen to it, or a server that died.
  [[nodiscard]] bool is_under_way() {
    return !operation().going_back && operation().steps.at(operation().cursor).state == model::StepState::running;
  }

  Result<> start(Operation next);
  Result<> run(const TurnOptions& options);
  Result<> undo();

 private:
  Turn(const Shop& shop, const runbooks::Runbook& runbook, runbooks::Context context)
      : shop_(shop), runbook_(runbook), context_(std::move(context)) {}

  [[nodiscard]] const runbooks::Step& step() { return runbooks::step_of(runbook_, operation()); }
  [[nodiscard]] Millis took() const {
    return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begin_);
  }
  void failpoint(std::string_view moment) {
    system::failpoint(fmt::format("server.{}.{}.{}{}", operation().kind, operation().steps.at(operation().cursor).name,
                                  operation().going_back ? "undo." : "", moment));
  }
  Result<> carry_out();
  Result<> finish();
  Result<> commit(Operation next, std::string_view kind, const std::string& message,
                  const std::vector<store::Write>& more = {});
  void settle(Operation& next, std::vector<store::Write>& writes);
  void adopt_facts(Operation& next);

  const Shop& shop_;
  const runbooks::Runbook& runbook_;
  runbooks::Context context_;
  std::int64_t operation_revision_ = 0;
  std::int64_t database_revision_ = 0;
  std::int64_t engine_revision_ = 0;
  std::shared_ptr<std::vector<std::string>> notes_ = std::make_shared<std::vector<std::string>>();
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

Result<Turn> Turn::open(const Shop& shop, const std::string& id, const TurnOptions& options) {
  auto operation = TRY(shop.records.operation(id));
  const auto* runbook = runbooks::runbook_of(operation.value);
  if (runbook == nullptr) return base::fail(Code::failed, "there is no runbook {}", operation.value.kind);
  std::optional<Document<model::Database>> database;
  if (!operation.value.database.empty()) database = TRY(shop.records.database(operation.value.database));
  Turn turn{shop,
            *runbook,
            {.agents = shop.agents,
             .agent = database ? shop.agents.of(database->value) : shop.agents.local(),
             .gateway = shop.gateway,
             .leases = shop.leases,
             .catalog = shop.catalog,
             .operation = operation.value}};
  turn.operation_revision_ = operation.revision;
  auto& context = turn.context_;
  if (database) {
    turn.database_revision_ = database->revision;
    context.database = std::move(database->value);
  }
  if (operation.value.request.contains("engine_record")) {
    auto engine =
        TRY(shop.records.engine(TRY(base::convert<model::EngineId>(operation.value.request["engine_record"]))));
    turn.engine_revision_ = engine.revision;
    context.engine = std::move(engine.value);
  }
  for (const auto& [host, agent] : shop.agents.all()) context.nodes_by_host[host] = 0;
  for (const auto& other : TRY(shop.records.databases())) {
    if (other.value.name != operation.value.database) context.taken_ports.push_back(other.value.port);
    for (const auto& node : other.value.nodes) {
      context.taken_node_ports.insert(node.port);
      ++context.nodes_by_host[node.host];
    }
  }
  context.node_ports = shop.config.node_ports;
  context.engines = TRY(shop.records.engines());
  context.gateway_ports = shop.config.gateway_ports;
  context.auto_release = shop.config.auto_release;
  context.attempt = options.attempt;
  context.stop = options.stop;
  context.on_progress = options.on_progress;
  context.note = [notes = turn.notes_](const std::string& line) { notes->push_back(line); };
  return turn;
}

// Figures that steps found and that users look for in fixed places.
void Turn::adopt_facts(Operation& next) {
  if (next.facts.contains("stall"))
    next.stall =
        operation::worst_stall(next.hops, base::convert<model::Stall>(next.facts["stall"]).value_or(model::Stall{}));
  if (next.facts.contains("certificate")) next.certificate = next.facts["certificate"];
}

// The database's record when the operation has ended.
void Turn::settle(Operation& next, std::vector<store::Write>& writes) {
  auto& database = *context_.database;
  const bool finished = next.state == OperationState::finished;
  if (next.error) {
    next.error->in_service = runbooks::in_service(shop_.agents, database);
    if (!next.hops.empty()) next.error->remedy += runbooks::where_it_stands(next);
  }
  const bool goes = (runbook_.fate == runbooks::Fate::goes_unless_finished && !finished) ||
                    (runbook_.fate == runbooks::Fate::goes_when_finished && finished);
  if (goes) {
    writes.push_back({Records::key_of(database), std::nullopt, database_revision_});
    writes.push_back(last_generation(database));
    return;
  }
  database.state = model::DatabaseState::running;
  database.current_operation.clear();
  writes.push_back(put(database, database_revision_));
}

Result<> Turn::commit(Operation next, std::string_view kind, const std::string& message,
                      const std::vector<store::Write>& more) {
  adopt_facts(next);
  const std::string step = next.steps.at(operation().cursor).name;
  std::vector<store::Write> writes;
  if (context_.database) {
    if (model::has_ended(next.state))
      settle(next, writes);
    else
      writes.push_back(put(*context_.database, database_revision_));
  }
  if (context_.engine) writes.push_back(put(*context_.engine, engine_revision_));
  writes.push_back(put(next, operation_revision_));
  if (const auto found = std::exchange(context_.preflight, std::nullopt)) writes.push_back(put_preflight(*found));
  for (const auto& note : *notes_) writes.push_back(event_of(next, "note", step, note));
  notes_->clear();
  if (!message.empty()) writes.push_back(event_of(next, kind, step, message));
  writes.insert(writes.end(), more.begin(), more.end());
  if (model::has_ended(next.state)) writes.push_back(event_of(next, "state", "", to_string(next.state)));
  const auto revision = TRY(shop_.records.store().commit(writes));
  operation_revision_ = database_revision_ = engine_revision_ = revision;
  operation() = std::move(next);
  if (model::has_ended(operation().state))
    system::log_info(
        "operation has ended",
        {{"operation", operation().id}, {"database", operation().database}, {"state", to_string(operation().state)}});
  return {};
}

Result<> Turn::start(Operation next) {
  const auto sentence = std::string{step().row.text};
  const auto message = next.going_back ? "Undoing: " + sentence : sentence;
  next = operation::step_started(std::move(next), system::now());
  return commit(std::move(next), "step", message);
}

Result<> Turn::carry_out() {
  TRY(runbooks::begin_hop(context_));
  if (step().done != nullptr && TRY(step().done(context_))) return {};
  return step().run(context_);
}

Result<> Turn::run(const TurnOptions& options) {
  failpoint("started");
  const auto outcome = carry_out();
  failpoint("ran");
  if (outcome) return finish();
  const auto& error = outcome.error();
  if (options.stop.stop_requested()) return std::unexpected(error);  // the server stops, or the user cancelled
  if (agent_was_away(error) && options.agent_may_be_away) return std::unexpected(error);
  auto next = operation::step_failed(operation(), error);
  const bool again = !next.going_back;
  if (again) next.error->in_service = context_.database ? runbooks::in_service(shop_.agents, *context_.database) : "";
  TRY(commit(std::move(next), again ? "alarm" : "note",
             fmt::format("Failed: {}{}", error.message, again ? " It is tried again." : "")));
  if (again) return std::unexpected(error);
  return {};
}

// The end of a step and the beginning of the next are one commit: clients may be waiting, and each is a write to disk.
Result<> Turn::finish() {
  const auto done = fmt::format("Done in {}.", base::humanise(took()));
  auto next = operation::step_finished(operation(), system::now(), took(), context_.facts);
  if (operation::next_action(next) != operation::Action::run) return commit(std::move(next), "progress", done);
  const auto& row = next.steps.at(next.cursor);
  next = operation::step_started(std::move(next), system::now());
  const auto follows = event_of(next, "step", row.name, row.text);
  return commit(std::move(next), "progress", done, {follows});
}

Result<> Turn::undo() {
  failpoint("started");
  if (!would_skip()) TRY(step().undo(context_));
  failpoint("ran");
  return commit(operation::step_undone(operation(), system::now()), "progress", "");
}

}  // namespace

Result<More> take_turn(const Shop& shop, const std::string& id, const TurnOptions& options) {
  // Asked before all else, because the database's record may have gone with the operation's end.
  if (model::has_ended(TRY(shop.records.operation(id)).value.state)) return More::no;
  auto turn = TRY(Turn::open(shop, id, options));
  const auto action = operation::next_action(turn.operation());
  if (action == operation::Action::none) return More::no;
  auto next = turn.operation();
  if (action == operation::Action::undo) next = operation::going_back(std::move(next));
  turn.operation().going_back = next.going_back;
  if (!turn.would_skip() && !turn.is_under_way()) TRY(turn.start(std::move(next)));
  TRY(action == operation::Action::undo ? turn.undo() : turn.run(options));
  return More::yes;
}

}  // namespace pgbaton::server
