#include "backup/pgbackrest.hpp"

#include <thread>

#include "backup/info.hpp"
#include "backup/segments.hpp"
#include "base/text.hpp"
#include "system/child.hpp"

namespace pgbaton::backup {

using base::Code;
using base::Result;
using system::Path;

Result<Pgbackrest> Pgbackrest::open(const Path& program, const Path& configuration) {
  const auto stanza = stanza_in(TRY(system::read_file(configuration)));
  if (stanza.empty()) return base::fail(Code::failed, "{} is about no stanza", configuration.string());
  return Pgbackrest{program, configuration, stanza};
}

Result<std::string> Pgbackrest::call(std::string_view action, std::vector<std::string> arguments, const Run& run,
                                     const std::string& stanza, const OnLine& on_line) const {
  const system::Command command{.argv =
                                    [&] {
                                      std::vector<std::string> argv{program_.string(),
                                                                    "--config=" + configuration_.string(),
                                                                    "--stanza=" + stanza};
                                      argv.insert(argv.end(), arguments.begin(), arguments.end());
                                      return argv;
                                    }(),
                                .environment = tool_environment(),
                                .directory = "/",
                                .dies_with_us = true};
  const auto on_progress = [&](std::string_view line) {
    if (!run.on_fraction) return;
    if (const auto fraction = parse_file_progress(line)) run.on_fraction(*fraction);
  };
  auto output = TRY(system::run(command, run.deadline, run.stop, on_line ? on_line : on_progress));
  if (output.status == 0) return std::move(output.out);
  return base::fail(tool_error(action, output.status, output.out + output.err));
}

Result<> Pgbackrest::create_stanza(const Run& run) const {
  TRY(call("making a place in the repository", {"stanza-create", "--no-online"}, run, stanza_));
  return {};
}

Result<> Pgbackrest::back_up(api::BackupKind kind, const Run& run) const {
  const auto type = kind == api::BackupKind::full ? "--type=full" : "--type=incr";
  TRY(call("backup", {"backup", type, "--log-level-console=detail"}, run, stanza_));
  return {};
}

Result<> Pgbackrest::restore(const std::string& set, const Path& data, const Run& run) const {
  TRY(call("restore",
           {"restore", "--pg1-path=" + data.string(), "--set=" + set, "--type=none", "--log-level-console=detail"}, run,
           stanza_));
  return {};
}

Result<api::BackupLine> Pgbackrest::info(const std::string& stanza, const Run& run) const {
  const auto json = TRY(call("reading the repository", {"info", "--output=json"}, run, stanza));
  for (auto& line : TRY(parse_info(json)))
    if (line.stanza == stanza) return line;
  return base::fail(Code::not_found, "the repository has no {}", stanza);
}

Result<api::VerifyAnswer> Pgbackrest::verify(const std::string& stanza, const Run& run) const {
  auto answer = parse_verify(stanza, TRY(call("verify", {"verify", "--output=text", "--verbose"}, run, stanza)));
  // What is missing in the middle it takes for the end of one range and the begin of another.
  for (const auto& gap : gaps_in(TRY(archived(stanza, run))))
    answer.problems.push_back(fmt::format("the log in {}: {} is missing", stanza, gap));
  return answer;
}

Result<std::vector<std::string>> Pgbackrest::archived(const std::string& stanza, const Run& run) const {
  std::vector<std::string> names;
  // As a whole it may be longer than what is kept of a program's output.
  const auto on_path = [&](std::string_view path) { names.emplace_back(path.substr(path.rfind('/') + 1)); };
  TRY(call("reading the repository", {"repo-ls", "archive/" + stanza, "--recurse", "--output=text"}, run, stanza,
           on_path));
  return names;
}

Result<bool> Pgbackrest::has_set(const std::string& label, const Run& run) const {
  const auto listing =
      TRY(call("reading the repository", {"repo-ls", fmt::format("backup/{}/{}", stanza_, label), "--output=json"}, run,
               stanza_));
  return TRY(base::parse_json(listing))
  .contains("backup.manifest");
}

Result<> Pgbackrest::push(const Path& segment, const Run& run) const {
  TRY(call("archiving " + segment.filename().string(), {"archive-push", segment.string()}, run, stanza_));
  return {};
}

Result<> back_up_patiently(const Pgbackrest& tool, api::BackupKind kind, const Run& run) {
  constexpr base::Millis kOtherBackup{500};
  auto done = tool.back_up(kind, run);
  while (!done && done.error().code == Code::busy && !run.stop.stop_requested() && !run.deadline.passed()) {
    std::this_thread::sleep_for(kOtherBackup);
    done = tool.back_up(kind, run);
  }
  return done;
}

}  // namespace pgbaton::backup
