#include "backup/recovery.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace pgbaton::backup {

namespace {

constexpr std::string_view kNames[] = {"restore_command", "recovery_target_time", "recovery_target_timeline",
                                       "recovery_target_action"};

std::string setting(std::string_view name, std::string_view value) {
  std::string quoted;
  for (const char c : value) quoted += c == '\'' ? std::string{"''"} : std::string{c};
  return fmt::format("{} = '{}'\n", name, quoted);
}

// "2026-11-27 05:50:59.285+00": PostgreSQL wants its own writing here.
std::string target_time(const std::string& rfc3339) {
  auto text = rfc3339.substr(0, rfc3339.find('Z')) + "+00";
  std::ranges::replace(text, 'T', ' ');
  return text;
}

// What follows `words` in a line, up to `end`.
std::string after(std::string_view line, std::string_view words, std::string_view end = "") {
  auto rest = line.substr(line.find(words) + words.size());
  return std::string{end.empty() ? rest : rest.substr(0, rest.find(end))};
}

// "2026-11-27 05:50:59.273585+00" in PostgreSQL's own writing
std::string rfc3339_of(std::string text) {
  std::ranges::replace(text, ' ', 'T');
  const auto zone = text.find('+');
  const auto time = base::parse_rfc3339(text.substr(0, zone) + "Z");
  return time ? base::to_rfc3339(*time) : text;
}

}  // namespace

std::string recovery_settings(const api::RestoreSource& source, const std::string& restore_command) {
  auto text = setting("restore_command", restore_command);
  text += setting("recovery_target_timeline", source.timeline > 0 ? std::to_string(source.timeline) : "latest");
  if (source.time.empty()) return text;
  text += setting("recovery_target_time", target_time(source.time));
  return text + setting("recovery_target_action", "promote");
}

std::vector<std::string> recovery_setting_names() { return {std::begin(kNames), std::end(kNames)}; }

std::string with_spool(const std::string& command, const system::Path& spool) {
  return with_log_of(command, spool.string() + "/$(echo %f | cut -c1-8)");
}

std::string with_log_of(const std::string& command, const system::Path& folder) {
  return fmt::format("{0} || cp \"{1}/%f\" \"%p\" || cp \"{1}/%f.partial\" \"%p\"", command, folder.string());
}

// archive-get ends with 1 when there is no such file. PostgreSQL ends the recovery at a status above 125.
std::string or_give_up(const std::string& command) {
  return command + " || { test $status -le 1 && exit 1; exit 200; }";
}

api::StopPoint parse_stop_point(std::string_view log) {
  api::StopPoint stop;
  for (const auto& line : base::lines(log)) {
    if (line.contains("starting point-in-time recovery") || line.contains("starting archive recovery")) stop = {};
    if (const auto at = line.find("recovery stopping "); at != std::string::npos) stop.stopped = line.substr(at);
    if (line.contains("redo done at "))
      stop.position = base::parse_lsn(after(line, "redo done at ", " ")).value_or(base::Lsn{});
    if (line.contains("last completed transaction was at log time "))
      stop.last_commit = rfc3339_of(after(line, "last completed transaction was at log time "));
    if (line.contains("selected new timeline ID: "))
      stop.timeline = std::atoi(after(line, "selected new timeline ID: ").c_str());
  }
  return stop;
}

}  // namespace pgbaton::backup
