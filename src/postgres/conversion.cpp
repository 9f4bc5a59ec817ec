#include "postgres/conversion.hpp"

#include <charconv>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postgres/configure.hpp"
#include "postgres/control_data.hpp"
#include "postgres/instance.hpp"
#include "postgres/pg_upgrade.hpp"
#include "postgres/process.hpp"
#include "postgres/stale.hpp"
#include "system/child.hpp"
#include "system/failpoint.hpp"
#include "system/log.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::Deadline;
using base::Millis;
using base::Result;
using system::Path;

constexpr auto kBegun = "pgbaton.begun";
constexpr auto kConverted = "pgbaton.converted";

Path working_folder(const Spec& spec) { return spec.folder / "upgrade"; }
// A Unix socket's path ends at 107 bytes, and the instance's folder may be deep.
Path socket_folder_for_upgrade(const Spec& spec) { return spec.socket_folder / fmt::format("u{}", spec.port); }

bool is_there(const Path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// pg_upgrade and the tools that it starts work in its folder; the agent that started them may have been killed.
std::vector<Process> tools_in(const Path& folder) {
  std::vector<Process> found;
  for (const auto& name : system::list_directory("/proc")) {
    pid_t pid = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (wrong != std::errc{} || end != name.data() + name.size()) continue;
    const auto works_here = [&] {
      std::error_code error;
      return std::filesystem::equivalent(Path{"/proc"} / name / "cwd", folder, error) && !error;
    };
    if (!works_here()) continue;
    auto process = Process::open(pid);
    if (process && works_here()) found.push_back(std::move(*process));
  }
  return found;
}

Result<> end_tools(const Spec& spec, Deadline deadline) {
  const auto folder = working_folder(spec);
  if (!is_there(folder)) return {};
  for (auto tools = tools_in(folder); !tools.empty(); tools = tools_in(folder)) {
    for (const auto& tool : tools) TRY(tool.signal(SIGKILL));
    for (const auto& tool : tools)
      if (!tool.gone_by(deadline))
        return base::fail(Code::timed_out, "process {} of a broken-off pg_upgrade does not end", tool.pid());
  }
  return {};
}

// A fast stop leaves the old cluster cleanly shut down. The new one of a broken-off attempt is thrown away.
Result<> end_leftovers(const Conversion& conversion, Deadline deadline) {
  TRY(end_tools(conversion.from, deadline));
  TRY(stop(conversion.from, StopMode::fast, deadline));
  return stop(conversion.to, StopMode::fast, deadline);
}

// In link mode pg_upgrade has taken the name away, and nothing else.
Result<> reinstate_control_file(const Spec& from) {
  const auto control = from.data() / "global" / "pg_control";
  const auto renamed = from.data() / "global" / "pg_control.old";
  if (is_there(control) || !is_there(renamed)) return {};
  TRY(system::rename_path(renamed, control));
  return system::fsync_directory(from.data() / "global");
}

Result<> make_all_durable(const Path& data) {
  const system::Fd folder{::open(data.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.valid() || ::syncfs(folder.get()) != 0) return system::os_failure("cannot sync", data);
  for (const auto& name : system::list_directory(data / "pg_tblspc")) {
    const system::Fd space{::open((data / "pg_tblspc" / name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!space.valid() || ::syncfs(space.get()) != 0)
      return system::os_failure("cannot sync", data / "pg_tblspc" / name);
  }
  return {};
}

std::int64_t count_files(const Path& data) {
  std::int64_t count = 0;
  for (const auto& database : system::list_directory(data / "base"))
    count += static_cast<std::int64_t>(system::list_directory(data / "base" / database).size());
  return count;
}

Result<system::Output> run_pg_upgrade(const Conversion& conversion, Deadline deadline, const std::stop_token& stop,
                                      const system::OnLine& on_line) {
  const auto folder = working_folder(conversion.to);
  const auto sockets = socket_folder_for_upgrade(conversion.to);
  TRY(system::remove_tree(folder));
  TRY(system::make_directory(folder, 0700));
  TRY(system::remove_tree(sockets));
  TRY(system::make_directory(sockets, 0700));
  const auto major = TRY(major_of_data(conversion.to.data()));
  const auto argv = upgrade_arguments({.conversion = conversion,
                                       .major = major,
                                       .sockets = sockets,
                                       .files = count_files(conversion.from.data()),
                                       .jobs = std::max(1U, std::thread::hardware_concurrency())});
  const std::string options =
      "PGOPTIONS=-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 "
      "-c idle_in_transaction_session_timeout=0";
  // Roles and databases may have settings that stand in the way of a restore: what the client says wins over them.
  auto output = system::run({.argv = argv,
                             .environment = {"LC_ALL=C", "TZ=UTC", "PGDATA", "PGPORT", "PGHOST", "PGHOSTADDR", "PGUSER",
                                             "PGSSLMODE", "PGSERVICE", options},
                             .directory = folder},
                            deadline, stop, on_line);
  std::ignore = system::remove_tree(sockets);
  return output;
}

base::Error failure_of(const Conversion& conversion, const system::Output& output) {
  return {Code::failed,
          fmt::format("pg_upgrade ended with status {}: {}", output.status,
                      why_upgrade_failed(output.out + output.err, working_folder(conversion.to))),
          "Mend what it names; a preflight shows it without an outage. Then start the upgrade again."};
}

Converted read_converted(const Spec& target) {
  const auto text = system::read_file(target.data() / kConverted);
  if (!text) return {};
  return base::from_json_text<Converted>(*text).value_or(Converted{});
}

// Files that both data directories have are the same inode: a write through either shows in its time.
Result<> check_untouched(const Conversion& conversion) {
  struct stat mark{};
  const auto file = conversion.to.data() / kConverted;
  if (::stat(file.c_str(), &mark) != 0) return {};  // pg_upgrade did not come to its end: nobody has started the new
  const auto later = [&](const struct stat& one) {
    return std::pair{one.st_mtim.tv_sec, one.st_mtim.tv_nsec} > std::pair{mark.st_mtim.tv_sec, mark.st_mtim.tv_nsec};
  };
  using Walk = std::filesystem::recursive_directory_iterator;
  for (const auto* part : {"base", "pg_tblspc"}) {
    std::error_code error;
    for (Walk at{conversion.from.data() / part, std::filesystem::directory_options::follow_directory_symlink, error};
         !error && at != Walk{}; at.increment(error)) {
      struct stat one{};
      if (::lstat(at->path().c_str(), &one) != 0 || !S_ISREG(one.st_mode) || one.st_nlink < 2 || !later(one)) continue;
      return base::fail(Code::corrupt, "{} was written by the new version: the old one cannot be started with it",
                        at->path().string());
    }
  }
  return {};
}

Result<> remove_from_tablespaces(const Spec& spec, int major) {
  const auto prefix = fmt::format("PG_{}_", major);
  for (const auto& link : system::list_directory(spec.data() / "pg_tblspc")) {
    const auto space = spec.data() / "pg_tblspc" / link;
    for (const auto& name : system::list_directory(space))
      if (name.starts_with(prefix)) TRY(system::remove_tree(space / name));
  }
  return {};
}

// The target's folders in tablespaces are reached through the old directory too: the new one may not have its links
// yet.
Result<> discard_target(const Conversion& conversion, Deadline deadline) {
  const auto version = TRY(version_of_engine(conversion.to.bindir));
  TRY(remove_from_tablespaces(conversion.from, version.major));
  return remove_data(conversion.to, version.major, deadline);
}

}  // namespace

Result<Spec> fitted_to(const Spec& from, Spec target, Deadline deadline) {
  const auto control = TRY(control_data(from.bindir, from.data(), deadline));
  target.wal_segment = control.wal_segment;
  target.checksums = control.checksum_version != 0;
  return target;
}

bool is_converted(const Spec& target) { return is_there(target.data() / kConverted); }

Result<> prepare_target(const Conversion& conversion, Deadline deadline) {
  TRY(end_tools(conversion.from, deadline));
  TRY(stop(conversion.to, StopMode::immediate, deadline));
  if (is_there(conversion.to.data() / kBegun) || is_converted(conversion.to)) TRY(discard_target(conversion, deadline));
  TRY(initialise(TRY(fitted_to(conversion.from, conversion.to, deadline)), deadline));
  return system::write_file_atomic(conversion.to.data() / "postgresql.auto.conf", conversion.configuration, 0600);
}

Result<Converted> convert(const Conversion& conversion, Deadline deadline, const std::stop_token& stop,
                          const OnPhase& on_phase) {
  if (is_converted(conversion.to)) return read_converted(conversion.to);
  TRY(end_leftovers(conversion, deadline));
  TRY(reinstate_control_file(conversion.from));
  TRY(prepare_target(conversion, deadline));
  TRY(system::write_file_atomic(conversion.to.data() / kBegun, "", 0600));
  system::failpoint("postgres.pg_upgrade.begun");
  Converted converted;
  const auto on_line = [&](std::string_view line) {
    const auto phase = phase_of(line);
    if (phase.empty()) return;
    converted.phases.push_back(phase);
    on_phase(phase);
    system::failpoint("postgres.pg_upgrade.phase");
  };
  const auto output = TRY(run_pg_upgrade(conversion, deadline, stop, on_line));
  if (output.status != 0) return base::fail(failure_of(conversion, output));
  TRY(make_all_durable(conversion.to.data()));
  TRY(system::write_file_atomic(conversion.to.data() / kConverted, base::Json(converted).dump(), 0600));
  return converted;
}

Result<> take_back(const Conversion& conversion, Deadline deadline) {
  TRY(end_leftovers(conversion, deadline));
  if (conversion.transfer == model::Transfer::link) TRY(check_untouched(conversion));
  return reinstate_control_file(conversion.from);
}

Result<> remove_data(const Spec& spec, int major, Deadline deadline) {
  TRY(stop(spec, StopMode::immediate, deadline));
  TRY(remove_from_tablespaces(spec, major));
  std::ignore = system::remove_tree(working_folder(spec));
  return system::remove_tree(spec.data());
}

bool can_clone(const Path& folder) {
  const auto temporary = system::TempDir::create(folder, "clone-");
  if (!temporary) return false;
  const auto one = temporary->path() / "one";
  if (!system::write_file_atomic(one, "pgbaton", 0600)) return false;
  const system::Fd from{::open(one.c_str(), O_RDONLY | O_CLOEXEC)};
  const system::Fd to{::open((temporary->path() / "two").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  return from.valid() && to.valid() && ::ioctl(to.get(), FICLONE, from.get()) == 0;
}

}  // namespace pgbaton::postgres
