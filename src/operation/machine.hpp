// How an operation moves: pure functions from one value of it to the next. The executor commits each before it acts.
//
// Running: step 0 → step 1 → … → finished.
//
// A step that fails before the point of no return: undone from that step to the first, then error or user-error.
//
// A step that fails from the point of no return on: the same step again, for ever; a person is called.
//
// Of several hops each is on its own: what is done stays, and going back ends where the hop began.
//
// Cancelled before the point of no return: as a failure, ending in cancelled.
#pragma once

#include "base/time.hpp"
#include "model/operation.hpp"

namespace pgbaton::operation {

enum class Action {
  run,   // ask whether the step at the cursor is done already, else run it
  undo,  // undo the step at the cursor
  none,  // it has ended
};
[[nodiscard]] Action next_action(const model::Operation& operation);

/// From the first step (of the hop) that may not be gone back from, on.
[[nodiscard]] bool past_point_of_no_return(const model::Operation& operation);

[[nodiscard]] model::Operation step_started(model::Operation operation, base::WallTime now);
/// `facts` are merged into the operation's own.
[[nodiscard]] model::Operation step_finished(model::Operation operation, base::WallTime now, base::Millis took,
                                             const base::Json& facts);
/// Past the point of no return the step stays at the cursor, to be run again.
[[nodiscard]] model::Operation step_failed(model::Operation operation, const base::Error& error);
[[nodiscard]] model::Operation going_back(model::Operation operation);
[[nodiscard]] model::Operation step_undone(model::Operation operation, base::WallTime now);

/// Code::refused past the point of no return, and when it has ended.
[[nodiscard]] base::Result<model::Operation> cancel(model::Operation operation);

/// A new server takes over: older ones are refused by the agents from now on.
[[nodiscard]] model::Operation taken_over(model::Operation operation, base::Generation generation);

}  // namespace pgbaton::operation
