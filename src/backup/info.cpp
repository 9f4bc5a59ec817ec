#include "backup/info.hpp"

#include <algorithm>
#include <cstdio>

#include "base/text.hpp"

namespace pgbaton::backup {

using base::Code;
using base::Json;
using base::Result;

namespace {

std::string time_of(const Json& seconds) {
  return base::to_rfc3339(base::WallTime{std::chrono::seconds{seconds.get<std::int64_t>()}});
}

base::Lsn lsn_of(const Json& backup, const char* which) {
  const auto lsn = backup.value("lsn", Json::object());
  return lsn.is_object() ? base::parse_lsn(lsn.value(which, "")).value_or(base::Lsn{}) : base::Lsn{};
}

// A differential backup stands on a full one as an increment does: pgbaton makes none, and would not mind.
api::BackupSet set_of(const Json& backup) {
  api::BackupSet set{.label = backup.at("label"), .start = lsn_of(backup, "start"), .stop = lsn_of(backup, "stop")};
  set.kind = backup.at("type") == "full" ? api::BackupKind::full : api::BackupKind::incremental;
  set.started_at = time_of(backup.at("timestamp").at("start"));
  set.stopped_at = time_of(backup.at("timestamp").at("stop"));
  set.size = {backup.at("info").at("size").get<std::int64_t>()};
  set.stored = {backup.at("info").at("repository").value("delta", std::int64_t{0})};
  set.has_page_errors = backup.value("error", false);
  if (set.kind == api::BackupKind::incremental) set.reference = set.label.substr(0, set.label.find('_'));
  return set;
}

std::optional<api::BackupLine> line_of(const Json& stanza) {
  const auto& databases = stanza.at("db");
  if (databases.empty()) return std::nullopt;
  api::BackupLine line{.stanza = stanza.at("name")};
  line.system_identifier = std::to_string(databases.back().at("system-id").get<std::uint64_t>());
  line.major = std::atoi(databases.back().at("version").get<std::string>().c_str());
  for (const auto& backup : stanza.at("backup")) line.sets.push_back(set_of(backup));
  std::ranges::sort(line.sets, {}, &api::BackupSet::stopped_at);
  for (const auto& archive : stanza.at("archive")) {
    if (archive.value("min", Json{}).is_string()) line.oldest_segment = archive.at("min");
    if (archive.value("max", Json{}).is_string()) line.newest_segment = archive.at("max");
  }
  return line;
}

constexpr int kService = 101;  // of an object store

struct ErrorRow {
  int status;
  Code code;
  std::string_view remedy;
};
// pgBackRest's numbers of errors (src/build/error/error.yaml of 2.60); others are failures like any.
constexpr ErrorRow kErrors[] = {
    {26, Code::corrupt, "`pgbaton backups NAME --verify` names what is damaged."},                  // checksum
    {28, Code::corrupt, "`pgbaton backups NAME --verify` names what is damaged."},                  // file-invalid
    {29, Code::corrupt, "`pgbaton backups NAME --verify` names what is damaged."},                  // format
    {45, Code::corrupt, "A different segment of that name is in the repository."},                  // archive-duplicate
    {49, Code::unreachable, "It goes on by itself when the object store is back."},                 // host-connect
    {50, Code::busy, "Another backup of the database runs; try again when it has ended."},          // lock-acquire
    {63, Code::cancelled, "Start it again when you want it."},                                      // term
    {82, Code::timed_out, "The log does not reach the repository: `pgbaton show NAME` says why."},  // archive-timeout
    {95, Code::corrupt, "`pgbaton backups NAME --verify` names what is damaged."},                  // crypto
    {kService, Code::unreachable, "It goes on by itself when the object store is back."},           // service
};

// `info` succeeds when it could not read anything; its answer says so.
Result<> check_was_read(const Json& stanza) {
  constexpr int kOther = 99;
  const auto repositories = stanza.value("repo", Json::array());
  for (const auto& repository : repositories) {
    const auto status = repository.value("status", Json::object());
    if (status.value("code", 0) != kOther) continue;
    const auto message = status.value("message", "");
    const bool is_away =
        message.contains("ServiceError") || message.contains("HostConnectError") || message.contains("timeout after");
    return base::fail(tool_error("reading the repository", is_away ? kService : 1,
                                 "ERROR: [0]: " + message.substr(0, message.find('\n'))));
  }
  return {};
}

}  // namespace

Result<std::vector<api::BackupLine>> parse_info(std::string_view json) {
  const auto parsed = TRY(base::parse_json(json));
  std::vector<api::BackupLine> lines;
  try {
    for (const auto& stanza : parsed) {
      TRY(check_was_read(stanza));
      if (auto line = line_of(stanza)) lines.push_back(std::move(*line));
    }
  } catch (const nlohmann::json::exception& exception) {
    return base::fail(Code::corrupt, "pgBackRest's answer cannot be read: {}", exception.what());
  }
  return lines;
}

std::optional<double> parse_file_progress(std::string_view line) {
  const auto percent = line.rfind("%)");
  const auto comma = line.rfind(", ", percent);
  if (percent == std::string_view::npos || comma == std::string_view::npos || !line.contains(" file ")) return {};
  double value = 0;
  const std::string number{line.substr(comma + 2, percent - comma - 2)};
  return std::sscanf(number.c_str(), "%lf", &value) == 1 ? std::optional{std::min(1.0, value / 100)} : std::nullopt;
}

base::Error tool_error(std::string_view action, int status, std::string_view said) {
  std::vector<std::string> words;
  bool is_error = false;
  for (const auto& line : base::lines(said)) {
    const auto at = line.find("ERROR: [");
    const bool continues = is_error && line.starts_with(' ') && !line.contains("*** ");
    is_error = at != std::string::npos || continues;
    if (at != std::string::npos) words.push_back(line.substr(std::min(line.size(), line.find("]: ", at) + 3)));
    if (continues) words.emplace_back(base::trim(line));
  }
  if (words.empty()) words.emplace_back(base::trim(said));
  const auto text = base::join(words, " ");
  const auto has_status = [&text](int http) {
    return text.contains(fmt::format("[{}]", http)) || text.contains(fmt::format("failed with {} ", http));
  };
  if (has_status(403) || has_status(401))
    return {Code::refused, fmt::format("{}: the object store does not let us in: {}", action, words.front()),
            "Look at the keys and at what they may do; `pgbaton up` takes them anew."};
  constexpr int kRead = 42;
  if (status == kRead && text.contains("timeout after")) status = kService;
  const auto* row = std::ranges::find(kErrors, status, &ErrorRow::status);
  if (text.contains("No space left on device"))
    return {Code::no_space, fmt::format("{}: the repository is full", action), "Free disk space, then try again."};
  const auto message = fmt::format("{}: {}", action, base::join(words, "; "));
  if (row == std::end(kErrors)) return {Code::failed, message, "Mend what it names, then try again."};
  return {row->code, message, std::string{row->remedy}};
}

// Lines of interest look like
//   archiveId: 15-1, total WAL checked: 5, total valid WAL: 4
//     missing: 0, checksum invalid: 1, size invalid: 0, other: 0
//   backup: 20261127-054715F, status: invalid, total files checked: 965, total valid files: 964
//     checksum invalid: 1
//       /…/bundle/1
api::VerifyAnswer parse_verify(std::string_view stanza, std::string_view text) {
  api::VerifyAnswer answer;
  std::string subject;
  for (const auto& raw : base::lines(text)) {
    const std::string line{base::trim(raw)};
    long checked = 0;
    long valid = 0;
    const auto counts = line.find(", total ");
    if (counts != std::string::npos && line.starts_with("archiveId: ") &&
        std::sscanf(line.c_str() + counts, ", total WAL checked: %ld, total valid WAL: %ld", &checked, &valid) == 2) {
      subject = fmt::format("the log in {}", stanza);
      answer.segments += checked;
    } else if (counts != std::string::npos && line.starts_with("backup: ") &&
               std::sscanf(line.c_str() + counts, ", total files checked: %ld, total valid files: %ld", &checked,
                           &valid) == 2) {
      subject = fmt::format("backup {} in {}", line.substr(8, line.find(',') - 8), stanza);
      answer.files += checked;
    } else if (line.starts_with("missing: ") || line.starts_with("checksum invalid: ")) {
      checked = valid = 0;
    }
    if (checked > valid)
      answer.problems.push_back(
          fmt::format("{}: {} of {} files are damaged or missing", subject, checked - valid, checked));
  }
  return answer;
}

}  // namespace pgbaton::backup
