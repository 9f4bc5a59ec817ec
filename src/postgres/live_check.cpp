#include "postgres/live_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "postgres/pg_upgrade.hpp"
#include "system/child.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Result;
using system::Path;

// pg_upgrade finds the server's port and socket in postmaster.pid. Where that file is, it has pg_ctl try a start first,
// to see whether the server runs; without a number in the first line pg_ctl gives up at once.
Result<> make_stand_in(const Spec& live, const Path& folder) {
  for (const auto* name :
       {"base", "global", "pg_multixact", "pg_subtrans", "pg_tblspc", "pg_twophase", "pg_wal", "pg_xact"})
    TRY(system::make_directory(folder / name, 0700));
  for (const auto* name : {"PG_VERSION", "global/pg_control"}) {
    const auto content = TRY(system::read_file(live.data() / name));
    TRY(system::write_file_atomic(folder / name, content, 0600));
  }
  const auto lock_file = TRY(system::read_file(live.data() / "postmaster.pid"));
  return system::write_file_atomic(folder / "postmaster.pid", "-" + lock_file.substr(lock_file.find('\n')), 0600);
}

std::vector<std::string> arguments_of_check(const Spec& live, const Spec& target, const Path& stand_in) {
  // Both ports have to differ, although both servers listen on sockets of their own only.
  constexpr int kPort = 50433;
  return {
      target.program("pg_upgrade").string(),
      "--check",
      "--old-bindir=" + live.bindir.string(),
      "--new-bindir=" + target.bindir.string(),
      "--old-datadir=" + stand_in.string(),
      "--new-datadir=" + target.data().string(),
      "--username=" + target.superuser,
      "--socketdir=" + target.socket_folder.string(),
      fmt::format("--old-port={}", live.port),
      fmt::format("--new-port={}", live.port == kPort ? kPort - 1 : kPort),
      "--new-options=-c logging_collector=off -c shared_buffers=128MB -c huge_pages=off",
  };
}

// Lines that say what is being done or that it is over, not what is wrong.
bool is_of_the_course(std::string_view line) {
  constexpr std::string_view kBegins[] = {"Performing ",
                                          "----",
                                          "Checking ",
                                          "failed check: ",
                                          "Data type checks failed",
                                          "Failure, exiting",
                                          "*failure*",
                                          "*Clusters are compatible*"};
  return line.empty() || std::ranges::any_of(kBegins, [&](auto begin) { return line.starts_with(begin); });
}

// Nobody's objects stand in the way of an upgrade when pg_upgrade could not ask, or could not start its own server.
bool is_about_itself(std::string_view complaint) {
  constexpr std::string_view kWords[] = {"connection to server", "could not connect", "Is the server running",
                                         "SQL command failed",   "target server",     "target postmaster",
                                         "could not read line"};
  return std::ranges::any_of(kWords, [&](auto words) { return complaint.contains(words); });
}

std::vector<std::string> lines_of_list(const Path& file) {
  constexpr std::size_t kMost = 200;
  std::vector<std::string> kept;
  for (const auto& line : base::lines(system::read_file(file).value_or("")))
    if (const auto text = base::trim(line); !text.empty() && kept.size() < kMost) kept.emplace_back(text);
  return kept;
}

class Complaints {
 public:
  explicit Complaints(const Path& directory) : directory_(directory) {}

  void read(std::string_view line) {
    const auto text = base::trim(line);
    if (is_of_the_course(text)) return;
    if (line.starts_with(' ') && text.ends_with(".txt")) return end(lines_of_list(directory_ / text));
    words_ += fmt::format("{}{}", words_.empty() ? "" : " ", text);
  }

  [[nodiscard]] std::vector<RehearsalFinding> take() && {
    end({});
    return std::move(findings_);
  }

 private:
  void end(std::vector<std::string> list) {
    // "… A list of the problem columns is in the file:": the list comes along.
    const auto cause = base::trim(std::string_view{words_}.substr(0, words_.rfind("A list of ")));
    if (!cause.empty())
      findings_.push_back({.kind = is_about_itself(cause) ? Rehearsed::unchecked : Rehearsed::refused,
                           .cause = std::string{cause},
                           .lines = std::move(list)});
    words_.clear();
  }

  const Path& directory_;
  std::string words_;
  std::vector<RehearsalFinding> findings_;
};

}  // namespace

std::vector<RehearsalFinding> complaints_in(std::string_view said, const Path& directory) {
  Complaints complaints{directory};
  for (const auto& line : base::lines(said)) complaints.read(line);
  return std::move(complaints).take();
}

Result<std::vector<RehearsalFinding>> check_live(const Spec& live, const Spec& target, Deadline deadline,
                                                 const std::stop_token& stop) {
  const auto stand_in = target.folder / "old";
  const auto directory = target.folder / "check";
  TRY(make_stand_in(live, stand_in));
  TRY(system::make_directory(directory, 0700));
  const std::string options =
      "PGOPTIONS=-c default_transaction_read_only=on -c statement_timeout=0 -c lock_timeout=10s";
  const auto output = TRY(system::run({.argv = arguments_of_check(live, target, stand_in),
                                       .environment = {"LC_ALL=C", "TZ=UTC", "PGDATA", "PGPORT", "PGHOST", "PGHOSTADDR",
                                                       "PGUSER", "PGSSLMODE", "PGSERVICE", "PGDATABASE", options},
                                       .directory = directory,
                                       .dies_with_us = true},  // it would start a server that nobody ends
                                      deadline, stop));
  if (output.status == 0) return std::vector<RehearsalFinding>{};
  auto found = complaints_in(output.out + output.err, directory);
  if (found.empty())
    found.push_back(
        {.kind = Rehearsed::unchecked, .cause = fmt::format("it ended with status {} without a word", output.status)});
  return found;
}

}  // namespace pgbaton::postgres
