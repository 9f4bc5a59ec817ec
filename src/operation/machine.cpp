#include "operation/machine.hpp"

#include "operation/hops.hpp"

namespace pgbaton::operation {

using model::Operation;
using model::OperationState;
using model::StepState;

namespace {

Operation ended(Operation operation, OperationState state, base::WallTime now) {
  operation.state = state;
  operation.ended_at = base::to_rfc3339(now);
  return operation;
}

OperationState state_after_going_back(const Operation& operation) {
  if (operation.state == OperationState::cancelling) return OperationState::cancelled;
  const auto code = operation.error ? base::code_named(operation.error->code) : base::Code::failed;
  return base::traits(code).blame == base::Blame::theirs ? OperationState::user_error : OperationState::error;
}

}  // namespace

Action next_action(const Operation& operation) {
  if (model::has_ended(operation.state)) return Action::none;
  return operation.going_back || operation.state == OperationState::cancelling ? Action::undo : Action::run;
}

bool past_point_of_no_return(const Operation& operation) {
  const auto end =
      operation.steps.begin() + static_cast<std::ptrdiff_t>(std::min(operation.cursor + 1, operation.steps.size()));
  const auto begin = operation.steps.begin() + static_cast<std::ptrdiff_t>(first_step(operation));
  return std::any_of(
      begin, end, [](const model::Step& step) { return step.point_of_no_return && step.state != StepState::pending; });
}

Operation step_started(Operation operation, base::WallTime now) {
  auto& step = operation.steps.at(operation.cursor);
  if (!operation.going_back)
    step.state = StepState::running;
  else if (step.state != StepState::failed)  // which step failed stays to be seen
    step.state = StepState::undoing;
  if (step.started_at.empty()) step.started_at = base::to_rfc3339(now);
  if (operation.state == OperationState::pending) operation.state = OperationState::running;
  return operation;
}

Operation step_finished(Operation operation, base::WallTime now, base::Millis took, const base::Json& facts) {
  auto& step = operation.steps.at(operation.cursor);
  step.state = StepState::finished;
  step.actual_ms = took.count();
  if (facts.is_object()) operation.facts.update(facts);
  ++operation.cursor;
  if (is_at_seam(operation)) operation = hop_left(std::move(operation));
  if (operation.cursor < operation.steps.size()) return operation;
  operation.error.reset();  // an alarm that was overcome
  return ended(std::move(operation), OperationState::finished, now);
}

Operation step_failed(Operation operation, const base::Error& error) {
  // A refusal says that nothing was changed: not so once a hop is done.
  const bool stands_between = error.code == base::Code::refused && first_step(operation) > 0;
  const auto code = stands_between ? base::Code::failed : error.code;
  operation.error = model::Failure{std::string{base::traits(code).name}, error.message, "", error.remedy_or_default()};
  if (past_point_of_no_return(operation)) return operation;
  operation.steps.at(operation.cursor).state = StepState::failed;
  return going_back(std::move(operation));
}

Operation going_back(Operation operation) {
  operation.going_back = true;
  return operation;
}

Operation step_undone(Operation operation, base::WallTime now) {
  auto& step = operation.steps.at(operation.cursor);
  if (step.state == StepState::undoing) step.state = StepState::undone;
  if (operation.cursor > first_step(operation)) {
    --operation.cursor;
    return operation;
  }
  const auto state = state_after_going_back(operation);
  return ended(std::move(operation), state, now);
}

base::Result<Operation> cancel(Operation operation) {
  if (model::has_ended(operation.state))
    return base::fail({base::Code::refused, fmt::format("operation {} has ended already", operation.id),
                       "There is nothing to cancel."});
  if (past_point_of_no_return(operation))
    return base::fail({base::Code::refused,
                       fmt::format("operation {} is past its point of no return and goes on to its end", operation.id),
                       fmt::format("Follow it: pgbaton operation {} --follow", operation.id)});
  operation.state = OperationState::cancelling;
  return operation;
}

Operation taken_over(Operation operation, base::Generation generation) {
  operation.generation = generation;
  return operation;
}

}  // namespace pgbaton::operation
