#include "postgres/future_segments.hpp"

#include <algorithm>

#include "postgres/upstream.hpp"

namespace pgbaton::postgres {
namespace {

using base::Result;

constexpr std::size_t kNameOfSegment = 24;  // 8 digits each of the timeline, the high and the low part of the number
constexpr std::size_t kTimelineDigits = 8;

bool is_segment(const std::string& file) {
  return file.size() == kNameOfSegment && file.find_first_not_of("0123456789ABCDEF") == std::string::npos;
}

std::string number_part(const std::string& file) { return file.substr(kTimelineDigits); }

// Only one that streams can say: it begins to when it has replayed all that it had. Before, log that it received
// earlier lies beyond what it has replayed, and may be the last copy.
Result<std::optional<base::Lsn>> where_it_writes(Connection& standby, base::Deadline deadline) {
  const auto rows =
      TRY(standby.query("SELECT greatest(pg_last_wal_replay_lsn(), receive_start_lsn, flushed_lsn, written_lsn) "
                        "FROM pg_stat_wal_receiver WHERE status = 'streaming'",
                        deadline));
  if (rows.empty()) return std::nullopt;
  return TRY(base::parse_lsn(rows.single()));
}

}  // namespace

std::vector<std::string> future_segments(const std::vector<std::string>& files, base::Lsn position,
                                         base::Bytes segment) {
  const base::Lsn next{position.position + static_cast<std::uint64_t>(segment.count)};
  const auto keep = number_part(segment_file(0, next, segment));
  std::vector<std::string> future;
  for (const auto& file : files)
    if (is_segment(file) && number_part(file) > keep) future.push_back(file);
  std::ranges::sort(future, std::greater{}, number_part);
  return future;
}

Result<int> remove_future_segments(const Spec& spec, Connection& standby, base::Deadline deadline) {
  const auto folder = spec.data() / "pg_wal";
  int removed = 0;
  for (;;) {
    const auto at = TRY(where_it_writes(standby, deadline));
    if (!at) break;
    const auto future = future_segments(system::list_directory(folder), *at, spec.wal_segment);
    if (future.empty()) break;
    std::error_code error;
    std::filesystem::remove(folder / future.front(), error);
    if (error) return base::fail(base::Code::failed, "cannot remove {}: {}", future.front(), error.message());
    ++removed;
  }
  if (removed > 0) TRY(system::fsync_directory(folder));
  return removed;
}

}  // namespace pgbaton::postgres
