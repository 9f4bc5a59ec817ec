#include "postgres/rejoin.hpp"

#include <charconv>

#include <fmt/format.h>

#include "postgres/configure.hpp"
#include "postgres/half_made.hpp"
#include "postgres/instance.hpp"
#include "system/child.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Millis;
using base::Result;
using system::Path;

constexpr std::size_t kSegmentName = 24;
constexpr Millis kLookAtLog{std::chrono::seconds{60}};
constexpr std::int64_t kMostRecords = 1'000'000;  // a few hundred MB of log, read within seconds

RejoinPlan rewind_because(std::string reason, std::optional<Fork> left = {}) {
  return {Rejoin::rewound, std::move(reason), left, {}};
}
RejoinPlan rebuild_because(std::string reason) { return {Rejoin::rebuilt, std::move(reason), {}, {}}; }

// The newest timeline of the files with such names: eight digits, then as many further characters.
int newest_timeline(const Path& wal, std::size_t length, std::string_view ending) {
  constexpr std::size_t kDigits = 8;
  int newest = 0;
  for (const auto& name : system::list_directory(wal)) {
    if (name.size() != length || !name.ends_with(ending)) continue;
    int timeline = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, timeline, 16);
    if (error == std::errc{} && end == name.data() + kDigits) newest = std::max(newest, timeline);
  }
  return newest;
}

// The control file may still name an older timeline than the one that it has log of.
Result<OwnLog> own_log(const Spec& spec, Deadline deadline) {
  const auto control = TRY(control_data(spec.bindir, spec.data(), deadline));
  const auto wal = spec.data() / "pg_wal";
  OwnLog own{.system_identifier = control.system_identifier,
             .timeline = std::max(control.timeline, newest_timeline(wal, kSegmentName, "")),
             .at_least = std::max(control.checkpoint, control.minimum_recovery_end),
             .newest_history = newest_timeline(wal, history_file(1).size(), ".history")};
  if (const auto text = system::read_file(wal / history_file(own.timeline))) own.history = parse_history(*text);
  return own;
}

// pg_waldump reads a record as recovery does: what is torn, or left from a segment's earlier life, is none. It ends
// with an error at the end of the log. Absent: there is no record.
Result<std::optional<api::LogTail>> tail_beyond(const Spec& spec, const Fork& fork, Deadline deadline) {
  api::LogTail tail{.from = fork.at, .to = fork.at};
  std::int64_t records = 0;
  const auto on_record = [&](std::string_view line) {
    if (const auto record = parse_record(line)) {
      ++records;
      tail.to = record->at;
      tail.commits += record->is_commit;
    }
  };
  TRY(system::run({.argv = {spec.program("pg_waldump").string(), "--path", (spec.data() / "pg_wal").string(),
                            "--timeline", std::to_string(fork.timeline), "--start", base::to_string(fork.at), "--limit",
                            std::to_string(kMostRecords)},
                   .environment = {"LC_ALL=C", "PGDATA"},
                   .directory = "/"},
                  deadline.within(kLookAtLog), {}, on_record));
  tail.is_whole = records < kMostRecords;
  return records == 0 ? std::nullopt : std::optional{tail};
}

Result<UpstreamLog> upstream_log(const Spec& spec, Deadline deadline) {
  auto connection = TRY(connect_to_upstream(spec, deadline));
  UpstreamLog log;
  log.position = TRY(log_position(connection, deadline));
  log.history = TRY(history_of(connection, log.position.timeline, deadline));
  return log;
}

bool is_prefix(const std::vector<TimelineSwitch>& own, const std::vector<TimelineSwitch>& all) {
  return own.size() <= all.size() && std::equal(own.begin(), own.end(), all.begin());
}

}  // namespace

std::variant<RejoinPlan, Fork> compare_logs(const OwnLog& own, const UpstreamLog& upstream) {
  const auto theirs = upstream.position.timeline;
  if (own.system_identifier != upstream.position.system_identifier)
    return rebuild_because("its data are of another database system");
  if (const int newest = std::max(own.timeline, own.newest_history); newest > theirs)
    return rewind_because(fmt::format("it went on to timeline {} by itself, the upstream is on {}", newest, theirs));
  if (!is_prefix(own.history, upstream.history) || (own.timeline == theirs && own.history != upstream.history)) {
    // pg_rewind tells timelines apart by their numbers.
    if (own.timeline == theirs)
      return rebuild_because(fmt::format("its timeline {} is another than the upstream's of that number", theirs));
    return rewind_because(fmt::format("its timeline {} is not an ancestor of the upstream's", own.timeline));
  }
  if (own.timeline == theirs) {
    const auto& position = upstream.position;
    if (position.in_recovery || own.at_least <= position.position) return RejoinPlan{};
    return rebuild_because(fmt::format("it has log up to {}, of the same timeline as the upstream, which ends at {}",
                                       base::to_string(own.at_least), base::to_string(position.position)));
  }
  const auto left =
      own.history.size() < upstream.history.size() ? upstream.history[own.history.size()] : TimelineSwitch{};
  if (left.timeline != own.timeline)
    return rewind_because(fmt::format("its timeline {} is not an ancestor of the upstream's", own.timeline));
  if (own.at_least > left.at)
    return rewind_because(fmt::format("its log goes to {} at least, but the upstream left timeline {} at {}",
                                      base::to_string(own.at_least), own.timeline, base::to_string(left.at)),
                          Fork{left.timeline, left.at});
  return Fork{own.timeline, left.at};
}

Result<RejoinPlan> plan_rejoin(const Spec& spec, Deadline deadline) {
  const auto upstream = TRY(upstream_log(spec, deadline));
  if (!is_initialised(spec)) return rebuild_because("it has no data directory");
  if (is_half_rewound(spec)) return rebuild_because("an earlier rewind was interrupted");
  const auto own = own_log(spec, deadline);
  if (!own && !is_about_the_control_file(own.error(), spec.data())) return std::unexpected(own.error());
  if (!own) return rebuild_because(own.error().message);
  auto compared = compare_logs(*own, upstream);
  if (auto* plan = std::get_if<RejoinPlan>(&compared)) {
    if (plan->left) plan->tail = TRY(tail_beyond(spec, *plan->left, deadline));
    return std::move(*plan);
  }
  const auto& fork = std::get<Fork>(compared);
  const auto tail = TRY(tail_beyond(spec, fork, deadline));
  if (!tail) return RejoinPlan{};
  auto plan = rewind_because(fmt::format("it has log of timeline {} beyond {}, where the upstream left it",
                                         fork.timeline, base::to_string(fork.at)),
                             fork);
  plan.tail = tail;
  return plan;
}

}  // namespace pgbaton::postgres
