// An operation: one runbook being carried out, as it is stored and shown.
#pragma once

#include <string>
#include <vector>

#include "base/names.hpp"
#include "model/version.hpp"

namespace pgbaton::model {

enum class OperationState { pending, running, finished, error, user_error, cancelling, cancelled };
PGBATON_ENUM_NAMES(OperationState, {OperationState::pending, "pending"}, {OperationState::running, "running"},
                   {OperationState::finished, "finished"}, {OperationState::error, "error"},
                   {OperationState::user_error, "user-error"}, {OperationState::cancelling, "cancelling"},
                   {OperationState::cancelled, "cancelled"})

constexpr bool has_ended(OperationState state) {
  return state == OperationState::finished || state == OperationState::error || state == OperationState::user_error ||
         state == OperationState::cancelled;
}

enum class StepState { pending, running, finished, failed, undoing, undone };
PGBATON_ENUM_NAMES(StepState, {StepState::pending, "pending"}, {StepState::running, "running"},
                   {StepState::finished, "finished"}, {StepState::failed, "failed"}, {StepState::undoing, "undoing"},
                   {StepState::undone, "undone"})

/// What a client of the database notices while the step runs.
enum class Impact { none, degraded, stall, down };
PGBATON_ENUM_NAMES(Impact, {Impact::none, "none"}, {Impact::degraded, "degraded"}, {Impact::stall, "stall"},
                   {Impact::down, "down"})

struct Step {
  std::string name;
  std::string text;  // a sentence for people
  Impact impact = Impact::none;
  StepState state = StepState::pending;
  bool point_of_no_return = false;
  std::int64_t estimate_ms = 0;
  std::optional<std::int64_t> actual_ms;
  std::string started_at;
};
PGBATON_JSON(Step, name, text, impact, state, point_of_no_return, estimate_ms, actual_ms, started_at)

/// How long clients waited because of us.
struct Stall {
  std::int64_t max_ms = 0;
  std::int64_t p99_ms = 0;
  int sessions_moved = 0;
  int sessions_ended = 0;
};
PGBATON_JSON(Stall, max_ms, p99_ms, sessions_moved, sessions_ended)

struct Failure {
  std::string code;
  std::string message;
  std::string in_service;  // what the clients have now
  std::string remedy;
};
PGBATON_JSON(Failure, code, message, in_service, remedy)

/// One of several upgrades that an operation carries out one after the other.
struct Hop {
  std::string kind;  // its runbook
  std::string from;
  std::string to;
  std::size_t first = 0;  // its first step among the operation's
  base::Json request;     // what was asked for; the operation's own request is made of it when the hop begins
  // Of a hop that is done:
  base::Json facts = base::Json::object();
  base::Json certificate;
  std::optional<Stall> stall;
};
PGBATON_JSON(Hop, kind, from, to, first, request, facts, certificate, stall)

struct Operation {
  std::string id;
  std::string database;  // empty: none, as for an engine's installation
  std::string kind;      // the runbook's name
  OperationState state = OperationState::pending;
  std::string from;
  std::string to;
  std::vector<Step> steps;
  std::size_t cursor = 0;   // the step being run or undone
  bool going_back = false;  // undoing
  base::Generation generation;
  base::Json request;                       // what was asked for
  base::Json facts = base::Json::object();  // what steps found out, for later steps and for people
  std::optional<Stall> stall;
  base::Json certificate;
  std::optional<Failure> error;
  std::string created_at;
  std::string ended_at;
  std::vector<Hop> hops;  // none: one runbook, that of `kind`
};
PGBATON_JSON(Operation, id, database, kind, state, from, to, steps, cursor, going_back, generation, request, facts,
             stall, certificate, error, created_at, ended_at, hops)

/// One line of an operation's history.
struct Event {
  std::int64_t number = 0;
  std::string time;
  std::string operation;
  std::string step;  // empty: of the operation as a whole
  std::string kind;  // "step" | "state" | "progress" | "note" | "alarm"
  std::string message;
  base::Json data;
};
PGBATON_JSON(Event, number, time, operation, step, kind, message, data)

}  // namespace pgbaton::model
