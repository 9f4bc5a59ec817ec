#include "postgres/log_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/redact.hpp"

namespace pgbaton::postgres {
namespace {

using api::LogEntry;

constexpr std::size_t kLongestText = std::size_t{16} << 10;  // of a message, a statement …
constexpr std::string_view kLineBegins = "dddd-dd-dd dd:dd:dd.ddd UTC [";
constexpr std::string_view kAboutTheLog = "redirecting log output to logging collector process";

struct AddedText {
  std::string_view word;
  std::string LogEntry::* field;
};
constexpr std::array kAddedTexts{
    AddedText{"DETAIL", &LogEntry::detail},      AddedText{"HINT", &LogEntry::hint},
    AddedText{"QUERY", &LogEntry::query},        AddedText{"CONTEXT", &LogEntry::context},
    AddedText{"LOCATION", &LogEntry::context},   AddedText{"BACKTRACE", &LogEntry::context},
    AddedText{"STATEMENT", &LogEntry::statement}};
constexpr std::array kTexts{&LogEntry::message, &LogEntry::detail,  &LogEntry::hint,
                            &LogEntry::query,   &LogEntry::context, &LogEntry::statement};
constexpr std::array kNames{&LogEntry::user, &LogEntry::database, &LogEntry::client, &LogEntry::application_name};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_shape(std::string_view text, std::string_view shape) {
  return text.size() >= shape.size() &&
         std::ranges::equal(text.substr(0, shape.size()), shape,
                            [](char c, char wanted) { return wanted == 'd' ? is_digit(c) : c == wanted; });
}

/// Takes off the text up to `end`, and that; what has no such end stays.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view end) {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const auto taken = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return taken;
}

void take_sqlstate(std::string_view& line, LogEntry& entry) {
  const auto in_code = [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); };
  if (line.size() < 6 || line[5] != ' ' || !std::ranges::all_of(line.substr(0, 5), in_code)) return;
  if (!line.starts_with("00000")) entry.sqlstate = line.substr(0, 5);
  line.remove_prefix(6);
}

void take_session(std::string_view& line, LogEntry& entry) {
  if (!line.starts_with('(')) return;
  auto session = take_until(line, ")\t");
  if (!session) return;
  session->remove_prefix(1);
  entry.user = take_until(*session, "@").value_or("");
  entry.database = take_until(*session, " ").value_or("");
  entry.client = take_until(*session, " ").value_or("");
  entry.application_name = *session;
}

// "LOG:  " and the like; texts of PostgreSQL are not translated (lc_messages).
std::string_view take_word(std::string_view& line) {
  const auto word = line.substr(0, line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
  if (word.empty() || !line.substr(word.size()).starts_with(":  ")) return {};
  line.remove_prefix(word.size() + 3);
  return word;
}

struct LogLine {
  LogEntry entry;
  std::string_view word;
  std::string_view text;
};

/// nullopt: not written by PostgreSQL itself.
std::optional<LogLine> read_line(std::string_view line) {
  if (!has_shape(line, kLineBegins)) return std::nullopt;
  LogLine read;
  read.entry.time = std::string{line.substr(0, 10)} + "T" + std::string{line.substr(11, 12)} + "Z";
  line.remove_prefix(kLineBegins.size());
  const auto pid = take_until(line, "] ");
  if (!pid || std::from_chars(pid->data(), pid->data() + pid->size(), read.entry.pid).ec != std::errc{})
    return std::nullopt;
  take_sqlstate(line, read.entry);
  take_session(line, read.entry);
  read.word = take_word(line);
  read.text = line;
  return read;
}

void append_text(std::string& field, std::string_view text) {
  if (field.size() > kLongestText) return;
  field += text.substr(0, kLongestText - field.size());
  if (field.size() == kLongestText) field += " …";
}

class LogReader {
 public:
  void take(std::string_view line, std::size_t begin) {
    if (line.starts_with('\t')) {
      if (open_ == nullptr) return;
      append_text(*open_, "\n");
      append_text(*open_, line.substr(1));
      return;
    }
    auto read = read_line(line);
    if (!read) {
      if (line.empty()) return;
      LogLine other;
      if (!parts_.empty()) other.entry.time = parts_.back().entry.time;
      other.text = line;
      read = other;
    }
    const auto* const added = std::ranges::find(kAddedTexts, read->word, &AddedText::word);
    if (added == kAddedTexts.end())
      begin_entry(*read, begin);
    else
      add_to_entry(*read, added->field);
  }

  std::vector<LogPart> end() {
    for (auto& [entry, begin] : parts_) {
      for (const auto text : kTexts) entry.*text = base::without_passwords(entry.*text);
      for (const auto name : kNames) entry.*name = base::without_passwords(entry.*name);
    }
    // What another program wrote first is of the moment of what follows.
    for (auto at = parts_.size(); at-- > 1;)
      if (parts_[at - 1].entry.time.empty()) parts_[at - 1].entry.time = parts_[at].entry.time;
    std::erase_if(parts_, [](const LogPart& part) { return part.entry.message.starts_with(kAboutTheLog); });
    return std::move(parts_);
  }

 private:
  void begin_entry(LogLine& line, std::size_t begin) {
    line.entry.level = line.word;
    parts_.push_back({std::move(line.entry), begin});
    open_ = &parts_.back().entry.message;
    append_text(*open_, line.text);
  }

  // PostgreSQL writes an entry in one piece: only the one before can be meant.
  void add_to_entry(const LogLine& line, std::string LogEntry::* field) {
    const bool is_its_own = !parts_.empty() && parts_.back().entry.pid == line.entry.pid;
    open_ = is_its_own ? &(parts_.back().entry.*field) : nullptr;
    if (open_ == nullptr) return;
    if (!open_->empty()) append_text(*open_, "\n");
    append_text(*open_, line.text);
  }

  std::vector<LogPart> parts_;
  std::string* open_ = nullptr;  // the text that further lines belong to, in the last of parts_
};

bool contains(std::string_view text, std::string_view wanted) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return !std::ranges::search(text, wanted, {}, lower, lower).empty();
}

}  // namespace

std::vector<LogPart> parse_log(std::string_view text) {
  LogReader reader;
  for (std::size_t at = 0;;) {
    const auto end = text.find('\n', at);
    if (end == std::string_view::npos) return reader.end();
    reader.take(text.substr(at, end - at), at);
    at = end + 1;
  }
}

bool matches(const LogEntry& entry, const api::LogQuestion& question) {
  if (api::level_of(entry.level) < question.level || entry.time < question.since) return false;
  if (question.text.empty() || contains(entry.sqlstate, question.text)) return true;
  const auto has = [&](const auto field) { return contains(entry.*field, question.text); };
  return std::ranges::any_of(kTexts, has) || std::ranges::any_of(kNames, has);
}

}  // namespace pgbaton::postgres
