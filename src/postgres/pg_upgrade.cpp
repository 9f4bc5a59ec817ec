#include "postgres/pg_upgrade.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "postgres/start_failure.hpp"

namespace pgbaton::postgres {
namespace {

constexpr std::string_view mode_option(model::Transfer transfer) {
  constexpr std::string_view kOptions[] = {"--link", "--clone",
                                           ""};  // copy is what happens unless said; named since 16
  return kOptions[static_cast<int>(transfer)];
}

// The dump locks every table of a database at once, the restore thousands in one transaction. The lock table has
// max_locks_per_transaction × connections entries, and the smallest plan has 60 connections.
std::int64_t locks_for(std::int64_t files) { return std::max<std::int64_t>(64, files / 60); }

std::string server_options(std::int64_t files) {
  // Its servers are started and stopped half a dozen times, and drop and create all the time: a large buffer pool would
  // be set up and walked through each time.
  return fmt::format(
      "-c max_locks_per_transaction={} -c logging_collector=off -c shared_buffers=128MB -c huge_pages=off",
      locks_for(files));
}

// "/…/pg_upgrade_output.d/…/log/pg_upgrade_dump_16384.log", in quotes, somewhere in the text.
std::vector<std::string> files_named_in(std::string_view text) {
  std::vector<std::string> files;
  const auto parts = base::split(text, '"');
  for (std::size_t at = 1; at < parts.size(); at += 2)
    if (parts[at].ends_with(".log") || parts[at].ends_with(".txt")) files.push_back(parts[at]);
  for (const auto& line : base::split(text, '\n'))
    if (const auto name = base::trim(line); name.ends_with(".txt") && !name.contains(' ')) files.emplace_back(name);
  return files;
}

}  // namespace

std::vector<std::string> upgrade_arguments(const UpgradeCommand& command) {
  const auto& [from, to, transfer, configuration] = command.conversion;
  std::vector<std::string> argv{
      to.program("pg_upgrade").string(),
      "--old-bindir=" + from.bindir.string(),
      "--new-bindir=" + to.bindir.string(),
      "--old-datadir=" + from.data().string(),
      "--new-datadir=" + to.data().string(),
      "--username=" + to.superuser,
      "--socketdir=" + command.sockets.string(),
      "--old-port=50432",
      "--new-port=50433",
      fmt::format("--jobs={}", command.jobs),
      "--old-options=" + server_options(command.files),
      "--new-options=" + server_options(command.files),
  };
  if (const auto mode = mode_option(transfer); !mode.empty()) argv.emplace_back(mode);
  // It would fsync every file, thousands of them: afterwards it is done in one call.
  if (command.major >= 15) argv.emplace_back("--no-sync");
  return argv;
}

std::string phase_of(std::string_view line) {
  constexpr std::string_view kDone = " ok";
  const auto text = base::trim(line);
  if (!text.ends_with(kDone)) return {};
  return std::string{base::trim(text.substr(0, text.size() - kDone.size()))};
}

std::string why_upgrade_failed(std::string_view output, const system::Path& directory) {
  constexpr std::size_t kTail = 800;
  const auto from = output.size() > kTail ? output.size() - kTail : 0;
  std::string text{base::trim(output.substr(from))};
  for (const auto& name : files_named_in(output)) {
    const auto log = system::read_file(directory / name);
    if (log) text += fmt::format("\n{}:\n{}", system::Path{name}.filename().string(), relevant_lines(*log, 6));
  }
  return text;
}

}  // namespace pgbaton::postgres
