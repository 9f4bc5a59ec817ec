#include "cli/witness_text.hpp"

#include "base/text.hpp"
#include "cli/table.hpp"

namespace pgbaton::cli {
namespace {

constexpr std::size_t kShownLosses = 10;

Cell count(std::int64_t number) { return {std::to_string(number), number == 0 ? Paint::good : Paint::bad}; }

Cell errors_cell(const std::map<std::string, int>& errors) {
  if (errors.empty()) return {"0", Paint::good};
  std::vector<std::string> each;
  for (const auto& [sqlstate, times] : errors) each.push_back(fmt::format("{}: {}", sqlstate, times));
  return {base::join(each, ", "), Paint::bad};
}

std::string in_doubt_text(const witness::Verdict& rows) {
  if (rows.in_doubt == 0) return "0";
  return fmt::format("{}, of which {} are there", rows.in_doubt, rows.in_doubt_present);
}

std::string losses_text(const std::vector<witness::LostState>& losses) {
  std::string text;
  for (std::size_t at = 0; at < losses.size() && at < kShownLosses; ++at)
    text += fmt::format("client {}: {}\n", losses[at].client, losses[at].description);
  if (losses.size() > kShownLosses) text += fmt::format("and {} more\n", losses.size() - kShownLosses);
  return text;
}

}  // namespace

std::string witness_text(const witness::Report& report, const Console& console) {
  const auto& rows = report.rows;
  Table table{{{""}, {""}}};
  table.add({"connections", std::to_string(report.connections)});
  table.add({"acknowledged", fmt::format("{} commits, {} per second", rows.acknowledged, report.commits_per_second())});
  table.add({"lost", count(rows.lost)});
  table.add({"duplicated", count(rows.duplicated)});
  table.add({"in doubt", in_doubt_text(rows)});
  if (rows.unknown > 0) table.add({"unknown rows", count(rows.unknown)});
  table.add({"disconnects", count(report.disconnects)});
  table.add({"errors", errors_cell(report.errors)});
  table.add({"session state lost", count(static_cast<std::int64_t>(report.lost_states.size()))});
  table.add({"longest wait",
             fmt::format("{} ms; 99 of 100 clients at most {} ms", report.stall.max_ms, report.stall.p99_ms)});
  if (!report.proof.empty()) table.add({"proof", report.proof});
  if (!report.remains.empty())
    table.add({"rows left", fmt::format("of run {} in pgbaton_witness: {}", report.run, report.remains)});
  return table.render(console) + losses_text(report.lost_states);
}

}  // namespace pgbaton::cli
