#include "model/window.hpp"

#include <array>
#include <charconv>

#include <date/tz.h>
#include <fmt/format.h>

#include "base/text.hpp"

namespace pgbaton::model {

using base::Code;
using base::Millis;
using base::Result;
using base::WallTime;

namespace {

constexpr std::array<std::string_view, 7> kDays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr Millis kShortest{std::chrono::minutes{10}};
constexpr Millis kLongest{std::chrono::hours{24}};
constexpr std::chrono::hours kNotice{24};

std::unexpected<base::Error> no_window(std::string_view text, std::string_view why) {
  return base::fail({Code::invalid_argument, fmt::format("\"{}\" is no maintenance window: {}", text, why),
                     "It is days, a time, a length and a time zone: \"sun 03:00 2h Europe/Berlin\", or \"daily 02:30 "
                     "1h UTC\"."});
}

Result<std::vector<unsigned>> parse_days(std::string_view text) {
  std::vector<unsigned> days;
  if (text == "daily") return std::vector<unsigned>{0, 1, 2, 3, 4, 5, 6};
  for (const auto& word : base::split(text, ',')) {
    const auto* const found = std::ranges::find(kDays, word);
    if (found == kDays.end()) return base::fail(Code::invalid_argument, "no day of the week is \"{}\"", word);
    days.push_back(static_cast<unsigned>(found - kDays.begin()));
  }
  std::ranges::sort(days);
  const auto twice = std::ranges::unique(days);
  days.erase(twice.begin(), twice.end());
  return days;
}

std::optional<int> two_digits(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() != 2 || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = two_digits(text.substr(0, 2));
  const auto minute = two_digits(text.substr(3));
  if (!hour || !minute || *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59) return std::nullopt;
  return std::chrono::hours{*hour} + std::chrono::minutes{*minute};
}

// The library says by an exception that there is none.
const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

std::string length_text(Millis length) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(length).count();
  return minutes % 60 == 0 ? fmt::format("{}h", minutes / 60) : fmt::format("{}min", minutes);
}

}  // namespace

Result<Window> parse_window(std::string_view text) {
  std::vector<std::string> words;
  for (auto& word : base::split(text, ' '))
    if (!word.empty()) words.push_back(std::move(word));
  if (words.size() < 3 || words.size() > 4) return no_window(text, "it has to have three or four words");
  const auto days = parse_days(words[0]);
  if (!days) return no_window(text, days.error().message);
  const auto at = parse_time_of_day(words[1]);
  if (!at) return no_window(text, fmt::format("\"{}\" is no time like 03:00", words[1]));
  const auto length = base::parse_duration(words[2]);
  if (!length || *length < kShortest || *length > kLongest || *length % std::chrono::minutes{1} != Millis{0})
    return no_window(text, fmt::format("\"{}\" is no length of whole minutes from 10min to 24h", words[2]));
  const auto zone = words.size() == 4 ? words[3] : "UTC";
  if (find_zone(zone) == nullptr) return no_window(text, fmt::format("there is no time zone \"{}\"", zone));
  return Window{.days = *days, .at = *at, .length = *length, .zone = zone};
}

std::string to_string(const Window& window) {
  std::vector<std::string> days;
  for (const auto day : window.days) days.emplace_back(kDays.at(day));
  return fmt::format("{} {:02}:{:02} {} {}", days.size() == kDays.size() ? "daily" : base::join(days, ","),
                     window.at.count() / 60, window.at.count() % 60, length_text(window.length), window.zone);
}

Opening opening_after(const Window& window, WallTime now) {
  const auto* const zone = find_zone(window.zone);
  if (zone == nullptr) return {WallTime::max(), WallTime::max()};  // of a host whose tz database has lost it
  // The longest window began the day before, and a zone is up to half a day away from UTC.
  for (auto day = date::floor<date::days>(now) - date::days{2};; day += date::days{1}) {
    if (std::ranges::find(window.days, date::weekday{day}.c_encoding()) == window.days.end()) continue;
    const auto local = date::local_days{day.time_since_epoch()} + window.at;
    const WallTime from = date::floor<Millis>(zone->to_sys(local, date::choose::earliest));
    if (from + window.length > now) return {from, from + window.length};
  }
}

Opening opening_with_notice(const Window& window, WallTime now) {
  auto opening = opening_after(window, now + kNotice);
  while (opening.from < now + kNotice) opening = opening_after(window, opening.until);
  return opening;
}

Due due(const Schedule& schedule, WallTime now) {
  const auto from = base::parse_rfc3339(schedule.from);
  const auto until = base::parse_rfc3339(schedule.until);
  if (!from || !until || now >= *until) return Due::missed;
  return now < *from ? Due::later : Due::now;
}

}  // namespace pgbaton::model
