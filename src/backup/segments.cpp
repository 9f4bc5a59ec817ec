#include "backup/segments.hpp"

#include <charconv>
#include <set>

#include <fmt/format.h>

namespace pgbaton::backup {

namespace {

constexpr std::size_t kNameLength = 24;

// The last part of a name counts the segments of one 4 GiB of the log.
std::uint64_t per_part(base::Bytes size) { return (std::uint64_t{1} << 32) / static_cast<std::uint64_t>(size.count); }

std::optional<std::uint32_t> hexadecimal(std::string_view digits) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return error == std::errc{} && end == digits.data() + digits.size() ? std::optional{value} : std::nullopt;
}

}  // namespace

std::optional<Segment> parse_segment(std::string_view name, base::Bytes size) {
  if (name.size() < kNameLength || name.contains(".partial") || name.contains(".backup")) return std::nullopt;
  const auto timeline = hexadecimal(name.substr(0, 8));
  const auto high = hexadecimal(name.substr(8, 8));
  const auto low = hexadecimal(name.substr(16, 8));
  if (!timeline || !high || !low) return std::nullopt;
  return Segment{*timeline, *high * per_part(size) + *low};
}

std::string segment_name(Segment segment, base::Bytes size) {
  return fmt::format("{:08X}{:08X}{:08X}", segment.timeline, segment.number / per_part(size),
                     segment.number % per_part(size));
}

std::vector<std::string> gaps_in(const std::vector<std::string>& names, base::Bytes size) {
  std::set<Segment> there;
  for (const auto& name : names)
    if (const auto segment = parse_segment(name, size)) there.insert(*segment);
  std::vector<std::string> gaps;
  const Segment* last = nullptr;
  for (const auto& segment : there) {
    const bool follows = last == nullptr || last->timeline != segment.timeline || last->number + 1 == segment.number;
    if (!follows) {
      const auto first = segment_name({segment.timeline, last->number + 1}, size);
      const auto end = segment_name({segment.timeline, segment.number - 1}, size);
      gaps.push_back(first == end ? first : fmt::format("{} to {}", first, end));
    }
    last = &segment;
  }
  return gaps;
}

}  // namespace pgbaton::backup
