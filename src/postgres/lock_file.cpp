#include "postgres/lock_file.hpp"

#include <charconv>
#include <cstdlib>

#include "base/text.hpp"

namespace pgbaton::postgres {
namespace {

// The lines of miscadmin.h: 1 pid, 2 data directory, 3 start time, 4 port, 5 socket folder, 6 first listen address,
// 7 shared memory key and id, 8 status.
constexpr std::size_t kStatusLine = 7;

template <typename Number>
Number number_or_zero(std::string_view text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::optional<LockFile> parse_lock_file(std::string_view text) {
  const auto lines = base::lines(text);
  if (lines.size() < 3) return std::nullopt;
  LockFile file;
  file.pid = std::abs(number_or_zero<pid_t>(lines[0]));  // negative: a standalone backend
  if (file.pid == 0) return std::nullopt;
  file.data = lines[1];
  file.started_at = base::WallTime{std::chrono::seconds{number_or_zero<std::int64_t>(lines[2])}};
  if (lines.size() > kStatusLine) file.status = base::trim(lines[kStatusLine]);
  return file;
}

}  // namespace pgbaton::postgres
