// Names of segments of the log, as files in the archive. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.hpp"

namespace pgbaton::backup {

/// 000000010000000000000004: the name's three numbers.
struct Segment {
  std::uint32_t timeline = 0;
  std::uint64_t number = 0;  // counted from the begin of the log
  auto operator<=>(const Segment&) const = default;
};
/// Of a name that begins with 24 hexadecimal digits; nothing for history, backup and partial files.
[[nodiscard]] std::optional<Segment> parse_segment(std::string_view name, base::Bytes size);
[[nodiscard]] std::string segment_name(Segment segment, base::Bytes size);

/// What is missing between the first and the last segment of each timeline: a name, or "A to B".
[[nodiscard]] std::vector<std::string> gaps_in(const std::vector<std::string>& names,
                                               base::Bytes size = base::Bytes{std::int64_t{16} << 20});

}  // namespace pgbaton::backup
