#include "backup/safety.hpp"

#include <set>

#include "backup/segments.hpp"

namespace pgbaton::backup {

std::optional<std::string> why_unsafe(const std::vector<api::BackupSet>& sets, const std::vector<std::string>& archived,
                                      base::Lsn end, base::Bytes segment_size) {
  if (sets.empty()) return "there is no base backup";
  const auto& newest = sets.back();
  if (newest.has_page_errors) return "the newest base backup has pages with wrong checksums";
  // On whichever timeline: the segment in which one begins also has what the one before had in it.
  std::set<std::uint64_t> there;
  for (const auto& name : archived)
    if (const auto segment = parse_segment(name, segment_size)) there.insert(segment->number);
  const auto size = static_cast<std::uint64_t>(segment_size.count);
  for (auto number = newest.start.position / size; number * size < end.position; ++number)
    if (!there.contains(number))
      return fmt::format("the log after the newest base backup lacks segment {}",
                         segment_name({1, number}, segment_size).substr(8));
  return std::nullopt;
}

}  // namespace pgbaton::backup
