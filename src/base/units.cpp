#include "base/units.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

namespace pgbaton::base {

std::string humanise(Bytes bytes) {
  static constexpr std::array<std::string_view, 5> kUnits{"bytes", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes.count);
  std::size_t unit = 0;
  while (value >= 10'240 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string to_string(Lsn lsn) { return fmt::format("{:X}/{:X}", lsn.position >> 32, lsn.position & 0xffffffff); }

Result<Lsn> parse_lsn(std::string_view text) {
  const auto slash = text.find('/');
  std::uint32_t high = 0;
  std::uint32_t low = 0;
  const auto parse = [](std::string_view part, std::uint32_t& value) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    return error == std::errc{} && end == part.data() + part.size();
  };
  if (slash == std::string_view::npos || !parse(text.substr(0, slash), high) || !parse(text.substr(slash + 1), low))
    return fail(Code::invalid_argument, "\"{}\" is not a log sequence number like 0/1A2B3C4D", text);
  return Lsn{(std::uint64_t{high} << 32) | low};
}

}  // namespace pgbaton::base
