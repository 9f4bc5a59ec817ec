#include "postgres/standby.hpp"

#include <charconv>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/text.hpp"
#include "postgres/configure.hpp"
#include "postgres/control_data.hpp"
#include "postgres/half_made.hpp"
#include "postgres/instance.hpp"
#include "postgres/upstream.hpp"
#include "system/child.hpp"
#include "system/failpoint.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Result;
using system::Path;

constexpr std::string_view kSignal = "standby.signal";

// "  23456/345678 kB (6%), 0/1 tablespace (...)"
std::optional<double> fraction_in(std::string_view line) {
  const auto slash = line.find('/');
  if (slash == std::string_view::npos || line.find(" kB (") == std::string_view::npos) return std::nullopt;
  const auto done = base::trim(line.substr(0, slash));
  const auto rest = line.substr(slash + 1);
  double of[2] = {0, 0};
  std::from_chars(done.data(), done.data() + done.size(), of[0]);
  std::from_chars(rest.data(), rest.data() + rest.size(), of[1]);
  return of[1] > 0 ? std::min(1.0, of[0] / of[1]) : 0;
}

Result<> write_signal(const Path& data) {
  if (std::filesystem::exists(data / kSignal)) return {};
  return system::write_file_atomic(data / kSignal, "", 0600);
}

// The name must not be the standby's: as a synchronous standby of that name the backup would confirm commits that are
// not safe in any data directory.
Result<> run_base_backup(const Spec& spec, const Path& data, Deadline deadline, const std::stop_token& stop,
                         const OnProgress& progress) {
  const auto on_line = [&](std::string_view line) {
    if (const auto fraction = fraction_in(line); fraction && progress) progress("base backup", *fraction);
  };
  const auto source = conninfo(*spec.upstream, spec.folder, spec.name + " base backup");
  TRY(system::run_checked({.argv = {spec.program("pg_basebackup").string(), "--pgdata=" + data.string(),
                                    "--dbname=" + source, "--wal-method=stream", "--slot=" + spec.upstream->slot,
                                    "--checkpoint=fast", "--progress", "--no-password", "--no-sync"},
                           .environment = {"LC_ALL=C", "PGDATA"},
                           .directory = "/",
                           .dies_with_us = true,
                           .reports_on_errors = true},
                          deadline, stop, on_line));
  return {};
}

Result<> fetch(const Spec& spec, const Path& data, Deadline deadline, const std::stop_token& stop,
               const OnProgress& progress) {
  TRY(system::write_file_atomic(spec.folder / kPassFile, password_file(spec.upstream->password), 0600));
  auto upstream = TRY(connect_to_upstream(spec, deadline));
  TRY(ensure_own_slot(upstream, spec.upstream->slot, InUse::end, deadline));
  TRY(run_base_backup(spec, data, deadline, stop, progress));
  system::failpoint("postgres.base_backup.done");
  TRY(write_signal(data));
  TRY(configure_in(spec, data));
  return make_durable(data);
}

// Exchanged in one step; where the file system cannot do that, a death in between leaves no data directory, and the
// next attempt makes another backup.
Result<> swap_in(const Spec& spec, const Path& fresh) {
  if (!is_initialised(spec)) return system::rename_path(fresh, spec.data());
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, spec.data().c_str(), RENAME_EXCHANGE) == 0) return {};
  TRY(system::rename_path(spec.data(), unfinished_folder(spec)));
  return system::rename_path(fresh, spec.data());
}

Result<> build_beside(const Spec& spec, Deadline deadline, const std::stop_token& stop, const OnProgress& progress) {
  const auto fresh = unfinished_folder(spec);
  auto built = fetch(spec, fresh, deadline, stop, progress);
  if (built) built = swap_in(spec, fresh);
  if (built) built = system::fsync_directory(spec.folder);
  // After the exchange this is what was there before; the next attempt removes it otherwise.
  [[maybe_unused]] const auto removed = system::remove_tree(fresh);
  return base::in_context("making a standby of " + spec.name, std::move(built));
}

}  // namespace

bool is_standby(const Spec& spec) {
  std::error_code error;
  return std::filesystem::exists(spec.data() / kSignal, error);
}

// Between the two PostgreSQL removes the signal but has not begun its timeline: started again like that, it would be a
// primary on the timeline of the old one.
Result<> keep_half_promoted(const Spec& spec, Deadline deadline) {
  if (!spec.upstream || is_standby(spec)) return {};
  const auto state = TRY(control_data(spec.bindir, spec.data(), deadline))
  .cluster_state;
  if (state != ClusterState::in_archive_recovery && state != ClusterState::shut_down_in_recovery) return {};
  return write_signal(spec.data());
}

Result<> mark_as_standby(const Spec& spec) {
  TRY(configure(spec));
  return write_signal(spec.data());
}

Result<> create_standby(const Spec& spec, Deadline deadline, const std::stop_token& stop, const OnProgress& progress) {
  TRY(system::make_directory(spec.folder, 0700));
  const auto lock = TRY(system::FileLock::acquire(spec.folder / "lock", deadline));
  TRY(remove_unfinished(spec.folder, deadline));
  if (!is_initialised(spec)) return build_beside(spec, deadline, stop, progress);
  TRY(configure(spec));
  return {};
}

Result<> rebuild_standby(const Spec& spec, Deadline deadline, const std::stop_token& stop, const OnProgress& progress) {
  TRY(postgres::stop(spec, StopMode::immediate, deadline));
  const auto lock = TRY(system::FileLock::acquire(spec.folder / "lock", deadline));
  TRY(remove_unfinished(spec.folder, deadline));
  TRY(build_beside(spec, deadline, stop, progress));
  return unmark_half_rewound(spec);
}

}  // namespace pgbaton::postgres
