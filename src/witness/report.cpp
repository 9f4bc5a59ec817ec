#include "witness/report.hpp"

#include <cmath>

namespace pgbaton::witness {

bool Report::is_clean() const {
  return rows.lost == 0 && rows.duplicated == 0 && rows.unknown == 0 && disconnects == 0 && errors.empty() &&
         lost_states.empty();
}

std::int64_t Report::commits_per_second() const {
  return seconds > 0 ? std::llround(static_cast<double>(rows.acknowledged) / seconds) : 0;
}

Report summarise(const std::vector<Tally>& tallies, const Verdict& rows) {
  Report report{.connections = static_cast<int>(tallies.size()), .rows = rows};
  std::vector<Steady::duration> longest;
  for (std::size_t at = 0; at < tallies.size(); ++at) {
    const auto& tally = tallies[at];
    report.disconnects += tally.disconnects;
    for (const auto& [sqlstate, times] : tally.errors) report.errors[sqlstate] += times;
    for (const auto& [kind, description] : tally.losses)
      report.lost_states.push_back({static_cast<int>(at + 1), kind, description});
    longest.push_back(tally.waits.longest());
  }
  report.stall = summarise(std::move(longest));
  return report;
}

void to_json(base::Json& json, const Report& report) {
  json = {{"connections", report.connections},
          {"acknowledged", report.rows.acknowledged},
          {"lost", report.rows.lost},
          {"duplicated", report.rows.duplicated},
          {"in_doubt", report.rows.in_doubt},
          {"disconnects", report.disconnects},
          {"errors", report.errors},
          {"session_state_lost", report.lost_states.size()},
          {"stall", report.stall},
          {"commits_per_second", report.commits_per_second()},
          {"in_doubt_present", report.rows.in_doubt_present},
          {"unknown", report.rows.unknown},
          {"session_state_lost_details", report.lost_states},
          {"seconds", std::round(report.seconds * 1000) / 1000},
          {"run", report.run},
          {"proof", report.proof},
          {"remains", report.remains}};
}

}  // namespace pgbaton::witness
