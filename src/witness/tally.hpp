// What one client saw, and all of them together. Pure.
#pragma once

#include <map>
#include <string>

#include "witness/session_state.hpp"
#include "witness/stall.hpp"

namespace pgbaton::witness {

struct Tally {
  int disconnects = 0;
  std::map<std::string, int> errors;        // by SQLSTATE
  std::map<StateKind, std::string> losses;  // the first of each kind, described
  StallClock waits;
};

}  // namespace pgbaton::witness
