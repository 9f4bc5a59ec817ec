#include "postgres/log_files.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <ranges>
#include <thread>

#include <fmt/chrono.h>
#include <sys/stat.h>

#include "postgres/conf.hpp"

namespace pgbaton::postgres {
namespace {

using api::LogAnswer;
using api::LogQuestion;
using base::Code;
using base::Result;
using base::WallTime;
using system::Path;

constexpr std::uintmax_t kFirstWindow = std::uintmax_t{256} << 10;
constexpr std::uintmax_t kMostRead = std::uintmax_t{64} << 20;
constexpr std::uintmax_t kMostAhead = std::uintmax_t{1} << 20;
constexpr std::size_t kMostTold = std::size_t{2} << 20;
constexpr base::Millis kStill{100};  // after which an entry is whole

struct LogFile {
  std::string key;  // in the order of the keys they were written
  Path path;
  std::uintmax_t size = 0;
  WallTime written;
};

std::optional<LogFile> look_at_log_file(const Path& path) {
  struct stat seen{};
  if (::stat(path.c_str(), &seen) != 0 || !S_ISREG(seen.st_mode)) return std::nullopt;
  const auto written = std::chrono::seconds{seen.st_mtim.tv_sec} + std::chrono::nanoseconds{seen.st_mtim.tv_nsec};
  return LogFile{.path = path,
                 .size = static_cast<std::uintmax_t>(seen.st_size),
                 .written = WallTime{std::chrono::duration_cast<base::Millis>(written)}};
}

bool is_collected(std::string_view name) { return name.starts_with(kLogFileBegins) && name.ends_with(".log"); }

// What the postmaster said before its collector ran comes before the file that was begun in the same second.
std::vector<LogFile> log_files(const Path& folder) {
  std::vector<LogFile> files;
  for (const auto& name : system::list_directory(folder)) {
    const bool is_start = name == "start.log";
    auto file = is_start || is_collected(name) ? look_at_log_file(folder / name) : std::nullopt;
    if (!file) continue;
    file->key = is_start ? fmt::format("{:%Y-%m-%d_%H%M%S}", std::chrono::floor<std::chrono::seconds>(file->written))
                         : name.substr(kLogFileBegins.size());
    if (!is_start && std::isdigit(static_cast<unsigned char>(file->key[0])) == 0) continue;
    files.push_back(std::move(*file));
  }
  std::ranges::sort(files, {}, &LogFile::key);
  return files;
}

struct LogPlace {
  std::string key;
  std::uintmax_t offset = 0;
};

std::string cursor_of(const LogPlace& place) { return fmt::format("{}:{}", place.key, place.offset); }

Result<LogPlace> parse_cursor(const std::string& cursor) {
  LogPlace place;
  const auto colon = cursor.find(':');
  const auto* const end = cursor.data() + cursor.size();
  const auto bad = base::fail(Code::invalid_argument, "\"{}\" is no cursor of an answer", cursor);
  if (colon == std::string::npos) return bad;
  const auto [rest, error] = std::from_chars(cursor.data() + colon + 1, end, place.offset);
  if (error != std::errc{} || rest != end) return bad;
  place.key = cursor.substr(0, colon);
  return place;
}

struct LogRange {
  std::vector<LogPart> parts;
  std::uintmax_t end = 0;  // of its last whole line
};

enum class Begins { with_a_line, anywhere };

LogRange read_range(const LogFile& file, std::uintmax_t from, std::uintmax_t to, Begins begins) {
  std::string text(to - from, '\0');
  std::ifstream stream{file.path, std::ios::binary};
  stream.seekg(static_cast<std::streamoff>(from));
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
  std::string_view whole{text};
  if (begins == Begins::anywhere && from > 0) whole.remove_prefix(std::min(whole.find('\n'), whole.size() - 1) + 1);
  const auto skipped = from + (text.size() - whole.size());
  LogRange range{.parts = parse_log(whole), .end = skipped};
  for (auto& part : range.parts) part.begin += skipped;
  if (const auto last = whole.rfind('\n'); last != std::string_view::npos) range.end += last + 1;
  return range;
}

WallTime now_as_files_say() { return std::chrono::time_point_cast<base::Millis>(std::chrono::system_clock::now()); }

bool is_being_written(const LogFile& file) { return now_as_files_say() - file.written < kStill; }

/// The last entry may lack the lines that are being written: the next answer has it.
void hold_back_last(LogRange& range) {
  if (range.parts.empty()) return;
  range.end = range.parts.back().begin;
  range.parts.pop_back();
}

std::vector<LogFile> files_at_rest(const Path& folder) {
  auto files = log_files(folder);
  for (int times = 0; times < 3 && !files.empty() && is_being_written(files.back()); ++times) {
    std::this_thread::sleep_for(kStill);
    files = log_files(folder);
  }
  return files;
}

std::size_t told_size(const api::LogEntry& entry) {
  return entry.message.size() + entry.detail.size() + entry.hint.size() + entry.query.size() + entry.context.size() +
         entry.statement.size() + 200;
}

/// What an answer has room for.
class Room {
 public:
  explicit Room(const LogQuestion& question) : entries_(static_cast<std::size_t>(question.lines)) {}
  /// False when it is full.
  bool take(const api::LogEntry& entry) {
    const auto size = told_size(entry);
    if (entries_ == 0 || size > bytes_) return false;
    --entries_;
    bytes_ -= size;
    return true;
  }
  [[nodiscard]] std::size_t entries() const { return entries_; }

 private:
  std::size_t entries_;
  std::size_t bytes_ = kMostTold;
};

/// Collects backwards: from the newest entry on.
class Newest {
 public:
  explicit Newest(const LogQuestion& question) : question_(question), room_(question) {}

  /// False when older files need not be looked at.
  bool take(const LogFile& file, bool is_newest) {
    for (auto wanted = kFirstWindow;; wanted *= 8) {
      const auto window = std::min(wanted, left_);
      const bool is_spent = window == left_;
      const auto from = file.size > window ? file.size - window : 0;
      auto range = read_range(file, from, file.size, Begins::anywhere);
      if (is_newest && is_being_written(file)) hold_back_last(range);
      if (is_newest) answer_.cursor = cursor_of({file.key, range.end});
      const bool is_old = !range.parts.empty() && !range.parts.front().entry.time.empty() &&
                          range.parts.front().entry.time < question_.since;
      std::erase_if(range.parts, [&](const LogPart& part) { return !matches(part.entry, question_); });
      const bool is_enough = range.parts.size() > room_.entries();
      if (from > 0 && !is_old && !is_spent && !is_enough) continue;
      left_ -= file.size - from;
      if (!add(range.parts) || is_old) return false;
      answer_.is_cut = from > 0;  // all that may be read was read
      return from == 0;
    }
  }

  LogAnswer end() {
    std::ranges::reverse(answer_.entries);
    return std::move(answer_);
  }

 private:
  bool add(std::vector<LogPart>& parts) {
    for (auto& part : std::views::reverse(parts)) {
      answer_.is_cut = !room_.take(part.entry);
      if (answer_.is_cut) return false;
      answer_.entries.push_back(std::move(part.entry));
    }
    return true;
  }

  const LogQuestion& question_;
  LogAnswer answer_{.cursor = cursor_of({"0", 0})};  // newest entry first
  Room room_;
  std::uintmax_t left_ = kMostRead;
};

LogAnswer newest_entries(const Path& folder, const LogQuestion& question) {
  const auto files = files_at_rest(folder);
  Newest newest{question};
  for (auto file = files.rbegin(); file != files.rend(); ++file)
    if (!newest.take(*file, file == files.rbegin())) break;
  return newest.end();
}

struct Further {
  const LogQuestion& question;
  LogPlace place;
  Room room;
  LogAnswer answer;

  /// Takes what one file has after the place, and moves that on. False when the answer is full.
  bool take(const LogFile& file, bool is_newest) {
    const auto from = std::min(place.offset, file.size);
    const auto to = std::min(file.size, from + kMostAhead);
    const bool is_more = to < file.size;
    auto range = read_range(file, from, to, Begins::with_a_line);
    if ((is_more && range.parts.size() > 1) || (is_newest && !is_more && is_being_written(file))) hold_back_last(range);
    if (is_more && range.end == from) range.end = to;  // one line that is longer than all that is read at a time
    for (auto& part : range.parts) {
      if (!matches(part.entry, question)) continue;
      if (!room.take(part.entry)) {
        place.offset = part.begin;
        return false;
      }
      answer.entries.push_back(std::move(part.entry));
    }
    place.offset = range.end;
    return !is_more;
  }
};

Result<LogAnswer> further_entries(const Path& folder, const LogQuestion& question) {
  const auto place = TRY(parse_cursor(question.after));
  Further further{.question = question, .place = place, .room = Room{question}, .answer = {}};
  const auto files = log_files(folder);
  for (const auto& file : files) {
    if (file.key < further.place.key) continue;
    if (file.key != further.place.key) further.place = {file.key, 0};
    further.answer.is_cut = !further.take(file, &file == &files.back());
    if (further.answer.is_cut) break;
  }
  further.answer.cursor = cursor_of(further.place);
  return std::move(further.answer);
}

}  // namespace

Result<LogAnswer> read_log(const Path& folder, const LogQuestion& question) {
  if (question.lines < 1 || question.lines > api::kMostLogEntries)
    return base::fail(Code::invalid_argument, "an answer has from 1 to {} entries", api::kMostLogEntries);
  if (question.after.empty()) return newest_entries(folder, question);
  return further_entries(folder, question);
}

void prune_log(const Path& folder, const LogLimits& limits, WallTime now) {
  std::vector<LogFile> files;
  for (const auto& name : system::list_directory(folder))
    if (is_collected(name))
      if (auto file = look_at_log_file(folder / name)) files.push_back(std::move(*file));
  std::ranges::sort(files, std::ranges::greater{}, &LogFile::written);
  std::uintmax_t kept = 0;
  for (const auto& file : files) {
    kept += file.size;
    const bool stays = &file == &files.front() || (kept <= limits.bytes && now - file.written <= limits.age);
    std::error_code ignored;  // what could not be removed is tried again soon
    if (!stays) std::filesystem::remove(file.path, ignored);
  }
}

}  // namespace pgbaton::postgres
