#include <charconv>

#include <fmt/format.h>

#include "postgres/half_made.hpp"
#include "postgres/instance.hpp"
#include "postgres/standby.hpp"
#include "postgres/upstream.hpp"
#include "system/child.hpp"
#include "system/failpoint.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Result;

// A single-user server, which pg_rewind uses to finish a crash recovery, refuses to run as a standby.
Result<> remove_signal(const Spec& spec) {
  std::error_code error;
  std::filesystem::remove(spec.data() / "standby.signal", error);
  return system::fsync_directory(spec.data());
}

Result<> run_pg_rewind(const Spec& spec, Deadline deadline, const std::stop_token& stop) {
  const auto source = conninfo(*spec.upstream, spec.folder, spec.name + " rewind") + " dbname=postgres";
  const auto output = TRY(system::run_checked(
      {.argv = {spec.program("pg_rewind").string(), "--target-pgdata=" + spec.data().string(),
                "--source-server=" + source, "--no-sync"},
       .environment = {"LC_ALL=C", "PGDATA"},
       .directory = "/",
       .dies_with_us = true},  // or it would go on writing to whatever lies in the place of its folder by then
      deadline, stop));
  // It was to be rewound because the logs differ: pg_rewind looks at the numbers of the timelines only.
  if ((output.out + output.err).find("no rewind required") != std::string::npos)
    return base::fail(base::Code::corrupt, "pg_rewind takes its log for the upstream's, which it is not");
  return {};
}

// Recovery follows the newest history file that it finds.
Result<> remove_other_timelines(const Spec& spec, int newest) {
  for (const auto& name : system::list_directory(spec.data() / "pg_wal")) {
    constexpr std::size_t kDigits = 8;
    if (name.size() < kDigits) continue;
    int timeline = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, timeline, 16);
    if (error != std::errc{} || end != name.data() + kDigits || timeline <= newest) continue;
    TRY(system::remove_tree(spec.data() / "pg_wal" / name));
  }
  return {};
}

}  // namespace

// Marked first: without its signal the folder would start as a primary. pg_rewind brings the upstream's files of
// settings with it, so ours are written after it.
Result<> rewind_standby(const Spec& spec, Deadline deadline, const std::stop_token& stop) {
  TRY(postgres::stop(spec, StopMode::immediate, deadline));
  const auto lock = TRY(system::FileLock::acquire(spec.folder / "lock", deadline));
  TRY(system::write_file_atomic(spec.folder / kPassFile, password_file(spec.upstream->password), 0600));
  auto upstream = TRY(connect_to_upstream(spec, deadline));
  TRY(ensure_own_slot(upstream, spec.upstream->slot, InUse::end, deadline));
  TRY(checkpoint_upstream(upstream, deadline));
  const auto timeline = TRY(log_position(upstream, deadline))
  .timeline;
  TRY(mark_half_rewound(spec));
  TRY(remove_signal(spec));
  system::failpoint("postgres.rewind.marked");
  TRY(base::in_context("rewinding " + spec.name, run_pg_rewind(spec, deadline, stop)));
  system::failpoint("postgres.rewind.done");
  TRY(remove_other_timelines(spec, timeline));
  TRY(mark_as_standby(spec));
  TRY(make_durable(spec.data()));
  return unmark_half_rewound(spec);
}

}  // namespace pgbaton::postgres
