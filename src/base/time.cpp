#include "base/time.hpp"

#include <charconv>
#include <cstdio>

#include <fmt/chrono.h>

namespace pgbaton::base {

std::string to_rfc3339(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = (time - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", seconds, millis);
}

Result<WallTime> parse_rfc3339(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  double second = 0;
  char zone[8] = {};
  const std::string copy{text};
  const int fields = std::sscanf(copy.c_str(), "%4d-%2u-%2u%*1[Tt ]%2d:%2d:%lf%7s", &year, &month, &day, &hour, &minute,
                                 &second, zone);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (fields < 7 || !date.ok() || hour > 23 || minute > 59 || second >= 61)
    return fail(Code::invalid_argument, "\"{}\" is not a time like 2026-11-22T17:20:03Z", text);
  int offset = 0;
  if (zone[0] != 'Z' && zone[0] != 'z') {
    int zone_hour = 0;
    int zone_minute = 0;
    char sign = 0;
    if (std::sscanf(zone, "%c%2d:%2d", &sign, &zone_hour, &zone_minute) != 3 || (sign != '+' && sign != '-'))
      return fail(Code::invalid_argument, "\"{}\" has no time zone: end it with Z or +hh:mm", text);
    offset = (sign == '-' ? -1 : 1) * (zone_hour * 60 + zone_minute);
  }
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute - offset} +
         Millis{static_cast<long>(second * 1000)};
}

std::string short_time(std::string_view rfc3339) {
  constexpr std::size_t kToSeconds = 19;  // 2026-11-22T17:20:03
  std::string text{rfc3339.substr(0, kToSeconds)};
  if (const auto separator = text.find('T'); separator != std::string::npos) text[separator] = ' ';
  return text;
}

Result<Millis> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t millis;
  };
  constexpr Unit kUnits[] = {{"", 1}, {"ms", 1}, {"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}};
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name{end, text.data() + text.size()};
  for (const auto& unit : kUnits)
    if (error == std::errc{} && number >= 0 && number <= 1'000'000 && name == unit.name)
      return Millis{number * unit.millis};
  return fail(Code::invalid_argument, "\"{}\" is not a time like 500ms, 5s or 2min", text);
}

std::string humanise(Millis duration) {
  const auto ms = duration.count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  if (ms < 3'600'000) return fmt::format("{} min {} s", ms / 60'000, ms % 60'000 / 1000);
  return fmt::format("{} h {} min", ms / 3'600'000, ms % 3'600'000 / 60'000);
}

}  // namespace pgbaton::base
