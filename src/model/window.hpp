// When upgrades may begin by themselves: windows, and the upgrades that wait for one.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"

namespace pgbaton::model {

/// "sun 03:00 2h Europe/Berlin": from three o'clock on Sundays, as clocks in Berlin show it, for two hours.
struct Window {
  std::vector<unsigned> days;  // of the week, 0: Sunday; never empty
  std::chrono::minutes at{0};  // since midnight
  base::Millis length{0};
  std::string zone = "UTC";  // a name of the tz database
};
/// Days (mon to sun, with commas; or daily), HH:MM, a length from 10 minutes to 24 hours, a time zone (UTC unless
/// said).
[[nodiscard]] base::Result<Window> parse_window(std::string_view text);
/// As parse_window reads it.
[[nodiscard]] std::string to_string(const Window& window);

struct Opening {
  base::WallTime from;
  base::WallTime until;
};
/// The first that ends after `now`. A time that clocks leave out in spring is when they do; of one that they show twice
/// in autumn it is the first.
[[nodiscard]] Opening opening_after(const Window& window, base::WallTime now);
/// The first that begins a notice's time from `now` on.
[[nodiscard]] Opening opening_with_notice(const Window& window, base::WallTime now);

/// An upgrade that begins by itself, later.
struct Schedule {
  std::string database;
  std::string database_created_at;  // another one of the same name is not meant
  std::string to;                   // the version that is to be reached
  base::Json request;               // of the upgrade
  std::string from;                 // it begins then, RFC 3339,
  std::string until;                // or after it, but before this
  bool in_window = false;           // if it could not begin, it waits for the next opening
  bool automatic = false;           // nobody asked for it: the database has automatic minor-upgrades
  bool declined = false;            // automatic, and taken back by a person: not offered again
  std::string problem;              // why it has not begun
  std::int64_t tried = 0;           // the database's generation when it was about to begin; 0: it never was
};
PGBATON_JSON(Schedule, database, database_created_at, to, request, from, until, in_window, automatic, declined, problem,
             tried)

enum class Due { later, now, missed };
[[nodiscard]] Due due(const Schedule& schedule, base::WallTime now);

}  // namespace pgbaton::model
