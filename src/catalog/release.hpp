// What is known of PostgreSQL's releases: catalog/releases.toml as values. Made once at start, read by everybody, never
// changed. It does not say which versions are installed: versions that it lacks are as good as those that it has.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "model/version.hpp"

namespace pgbaton::catalog {

using Day = std::chrono::sys_days;

struct MajorRelease {
  std::optional<Day> released;      // of its .0
  std::optional<Day> last_day;      // of its life; of an expected month, the month's last day
  std::string end_of_life;          // "2029-11-08"; "2031-11" where only the month is expected; empty: not known
  std::map<int, Day> minors;        // minor → the day of its release
  std::map<int, std::string> skip;  // minor → why nobody should stop at it
};

struct Releases {
  std::string notes;  // link with {version}
  std::map<int, MajorRelease> majors;
};

/// Reads releases.toml. Errors name the line.
[[nodiscard]] base::Result<Releases> parse_releases(std::string_view toml);

/// Null when nothing is known of that major.
[[nodiscard]] const MajorRelease* find_major(const Releases& releases, int major);
[[nodiscard]] std::optional<Day> release_day(const Releases& releases, model::Version version);
[[nodiscard]] std::optional<std::string> skip_reason(const Releases& releases, model::Version version);
/// Where PostgreSQL describes what changed in this version.
[[nodiscard]] std::string notes_link(const Releases& releases, model::Version version);

}  // namespace pgbaton::catalog
