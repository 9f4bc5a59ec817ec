#include <gtest/gtest.h>

#include "operation/hops.hpp"
#include "operation/machine.hpp"
#include "operation/runbook.hpp"

namespace pgbaton::operation {
namespace {

using base::Code;
using base::Error;
using base::Json;
using base::Millis;
using base::WallTime;
using model::Operation;
using model::OperationState;
using model::StepState;

constexpr WallTime kNow{Millis{1'000'000}};

Operation three_steps() {
  Operation operation;
  operation.id = "op";
  operation.steps = {{.name = "stop"}, {.name = "start"}, {.name = "tidy", .point_of_no_return = true}};
  return operation;
}

Operation run_step(Operation operation) {
  return step_finished(step_started(std::move(operation), kNow), kNow, Millis{5}, Json::object());
}

std::vector<StepState> states(const Operation& operation) {
  std::vector<StepState> all;
  for (const auto& step : operation.steps) all.push_back(step.state);
  return all;
}

TEST(Operation, RunsItsStepsToTheEnd) {
  auto operation = three_steps();
  for (int step = 0; step < 3; ++step) {
    EXPECT_EQ(next_action(operation), Action::run);
    operation = run_step(operation);
  }
  EXPECT_EQ(operation.state, OperationState::finished);
  EXPECT_EQ(next_action(operation), Action::none);
  EXPECT_FALSE(operation.ended_at.empty());
}

TEST(Operation, KeepsTheFactsOfItsSteps) {
  auto operation = step_finished(step_started(three_steps(), kNow), kNow, Millis{5}, {{"sessions", 3}});
  operation = step_finished(step_started(operation, kNow), kNow, Millis{5}, {{"version", "17.12"}});
  EXPECT_EQ(operation.facts, (Json{{"sessions", 3}, {"version", "17.12"}}));
}

struct Ending {
  Code code;
  OperationState state;
};
class FailedBeforeThePoint : public testing::TestWithParam<Ending> {};
INSTANTIATE_TEST_SUITE_P(Operation, FailedBeforeThePoint,
                         testing::Values(Ending{Code::failed, OperationState::error},
                                         Ending{Code::timed_out, OperationState::error},
                                         Ending{Code::no_space, OperationState::error},
                                         Ending{Code::refused, OperationState::user_error}));

TEST_P(FailedBeforeThePoint, GoesBackStepByStepAndEndsAsTheBlameSays) {
  auto operation = step_started(run_step(three_steps()), kNow);
  operation = step_failed(operation, Error{GetParam().code, "did not start", ""});
  for (int step = 0; step < 2; ++step) {
    EXPECT_EQ(next_action(operation), Action::undo);
    operation = step_undone(step_started(operation, kNow), kNow);
  }
  EXPECT_EQ(operation.state, GetParam().state);
  EXPECT_EQ(states(operation), (std::vector{StepState::undone, StepState::failed, StepState::pending}));
  EXPECT_EQ(operation.error->message, "did not start");
}

TEST(Operation, StaysAtAFailedStepPastThePointOfNoReturn) {
  auto operation = step_started(run_step(run_step(three_steps())), kNow);
  operation = step_failed(operation, Error{Code::failed, "disk", ""});
  EXPECT_EQ(next_action(operation), Action::run);
  EXPECT_EQ(operation.cursor, 2U);
  operation = step_finished(operation, kNow, Millis{1}, {});
  EXPECT_EQ(operation.state, OperationState::finished);
  EXPECT_FALSE(operation.error);
}

TEST(Operation, CancelledBeforeThePointGoesBack) {
  auto operation = *cancel(run_step(three_steps()));
  EXPECT_EQ(operation.state, OperationState::cancelling);
  EXPECT_EQ(next_action(operation), Action::undo);
  operation = step_undone(going_back(operation), kNow);
  operation = step_undone(step_started(operation, kNow), kNow);
  EXPECT_EQ(operation.state, OperationState::cancelled);
}

TEST(Operation, IsNotCancelledPastThePointNorAfterItsEnd) {
  EXPECT_EQ(cancel(step_started(run_step(run_step(three_steps())), kNow)).error().code, Code::refused);
  EXPECT_EQ(cancel(run_step(run_step(run_step(three_steps())))).error().code, Code::refused);
}

// Whatever prefix of the journal survives a crash, the next action continues from there: every value reached is stored
// and read back before the next step.
TEST(Operation, ContinuesFromEveryStoredValue) {
  auto operation = three_steps();
  while (next_action(operation) == Action::run) {
    operation = *base::from_json_text<Operation>(Json(step_started(operation, kNow)).dump());
    ASSERT_EQ(next_action(operation), Action::run);
    operation = *base::from_json_text<Operation>(Json(step_finished(operation, kNow, Millis{1}, {})).dump());
  }
  EXPECT_EQ(operation.state, OperationState::finished);
}

constexpr Row kRows[] = {{"check", "Checks."}, {"stop", "Stops.", model::Impact::down, Millis{100}}};

TEST(Runbook, EstimatesFromItsRowsWhileNothingIsKnown) {
  const auto guess = estimate(kRows, {});
  EXPECT_FALSE(guess.learnt);
  EXPECT_EQ(guess.outage_low, Millis{50});
  EXPECT_EQ(guess.outage_high, Millis{400});
}

TEST(Runbook, EstimatesFromWhatItTookBefore) {
  std::vector<Operation> history;
  for (const int took : {90, 300, 110}) {
    Operation past;
    past.steps = plan_steps(kRows, {});
    past.steps[1].state = StepState::finished;
    past.steps[1].actual_ms = took;
    history.push_back(past);
  }
  EXPECT_EQ(plan_steps(kRows, history)[1].estimate_ms, 110);
  const auto known = estimate(kRows, history);
  EXPECT_TRUE(known.learnt);
  EXPECT_EQ(known.outage_low, Millis{90});
  EXPECT_EQ(known.outage_high, Millis{300});
}

Operation two_hops() {
  Operation operation;
  operation.from = "13.23";
  operation.to = "17.12";
  operation.request = Json::object();
  for (const auto* to : {"15.20", "17.12"}) add_hop(operation, {.kind = "major-single", .to = to}, three_steps().steps);
  return operation;
}

Operation first_hop_done() {
  auto operation = two_hops();
  for (int step = 0; step < 2; ++step) operation = run_step(operation);
  const Json facts{{"certificate", {{"version", "15.20"}}}, {"stall", {{"max_ms", 7}, {"sessions_ended", 1}}}};
  return step_finished(step_started(operation, kNow), kNow, Millis{5}, facts);
}

TEST(Hops, HaveStepsOfTheirOwnNamesInOneList) {
  const auto operation = two_hops();
  EXPECT_EQ(operation.steps.front().name, "1.stop");
  EXPECT_EQ(operation.steps.back().name, "2.tidy");
  EXPECT_EQ(operation.hops.back().first, 3U);
}

TEST(Hops, KeepWhatTheyFoundAndLeaveNothingToTheNext) {
  const auto operation = first_hop_done();
  EXPECT_EQ(operation.state, OperationState::running);
  EXPECT_TRUE(operation.facts.empty());
  EXPECT_TRUE(operation.request.empty());
  EXPECT_EQ(operation.hops[0].stall->max_ms, 7);
  EXPECT_EQ(operation.certificate.at("version"), "15.20");
  EXPECT_EQ(current_hop(operation), 1U);
  EXPECT_EQ(worst_stall(operation.hops, {.max_ms = 3, .sessions_ended = 1}).max_ms, 7);
  EXPECT_EQ(worst_stall(operation.hops, {.max_ms = 3, .sessions_ended = 1}).sessions_ended, 2);
}

TEST(Hops, GoBackNoFurtherThanTheHopThatFails) {
  auto operation = run_step(first_hop_done());
  EXPECT_FALSE(past_point_of_no_return(operation));
  operation = step_failed(step_started(operation, kNow), Error{Code::failed, "no", "mend it"});
  while (next_action(operation) == Action::undo) operation = step_undone(step_started(operation, kNow), kNow);
  EXPECT_EQ(operation.state, OperationState::error);
  EXPECT_EQ(operation.cursor, 3U);
  for (std::size_t step = 0; step < 3; ++step) EXPECT_EQ(operation.steps[step].state, StepState::finished) << step;
}

TEST(Hops, CannotSayThatNothingWasChangedOnceOneIsDone) {
  const Error refused{Code::refused, "no", "mend it"};
  EXPECT_EQ(step_failed(step_started(first_hop_done(), kNow), refused).error->code, "failed");
  EXPECT_EQ(step_failed(step_started(two_hops(), kNow), refused).error->code, "refused");
}

TEST(Hops, EndTogether) {
  auto operation = first_hop_done();
  for (int step = 0; step < 3; ++step) operation = run_step(operation);
  EXPECT_EQ(operation.state, OperationState::finished);
}

}  // namespace
}  // namespace pgbaton::operation
