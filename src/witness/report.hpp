// What a run proved, as `pgbaton witness` prints it. Pure.
#pragma once

#include "witness/ledger.hpp"
#include "witness/tally.hpp"

namespace pgbaton::witness {

struct LostState {
  int client = 0;
  StateKind kind{};
  std::string description;
};
PGBATON_JSON(LostState, client, kind, description)

struct Report {
  int connections = 0;
  Verdict rows;
  int disconnects = 0;
  std::map<std::string, int> errors;   // by SQLSTATE
  std::vector<LostState> lost_states;  // at most one per client and kind
  Stall stall;
  double seconds = 0;  // of writing
  std::string run;
  std::string proof;    // the file of the acknowledged numbers; empty: it was temporary and is gone
  std::string remains;  // why the run's rows are still in the database; empty: they are not

  /// Nothing was lost, repeated, broken or refused.
  [[nodiscard]] bool is_clean() const;
  [[nodiscard]] std::int64_t commits_per_second() const;
};

/// `tallies`: by client.
[[nodiscard]] Report summarise(const std::vector<Tally>& tallies, const Verdict& rows);
void to_json(base::Json& json, const Report& report);

}  // namespace pgbaton::witness
