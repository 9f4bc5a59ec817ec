#include "postgres/statistics.hpp"

#include <thread>

#include <fmt/format.h>

#include "postgres/configure.hpp"
#include "postgres/instance.hpp"
#include "postgres/platform.hpp"
#include "system/child.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Millis;
using base::Result;

Result<> vacuumdb(const Spec& spec, const std::vector<std::string>& options, Deadline deadline,
                  const std::stop_token& stop) {
  std::vector<std::string> argv{spec.program("vacuumdb").string(),
                                "--host=" + spec.socket_folder.string(),
                                fmt::format("--port={}", spec.port),
                                "--username=" + spec.superuser,
                                "--all",
                                "--quiet",
                                fmt::format("--jobs={}", std::max(1U, std::thread::hardware_concurrency()))};
  argv.insert(argv.end(), options.begin(), options.end());
  constexpr auto kOptions =
      "PGOPTIONS=-c statement_timeout=0 -c lock_timeout=0 -c vacuum_cost_delay=0 -c default_transaction_read_only=off";
  TRY(system::run_checked({.argv = std::move(argv),
                           .environment = {"LC_ALL=C", "PGHOST", "PGPORT", "PGDATABASE", "PGSSLMODE=disable", kOptions},
                           .directory = "/"},
                          deadline, stop));
  return {};
}

// Of a connection made now: forked by the postmaster after it had read its files.
Result<std::string> loaded_at(const Spec& spec, Deadline deadline) {
  auto connection = TRY(connect_as_platform(spec, "postgres", deadline));
  return TRY(connection.query("SELECT pg_conf_load_time()::text", deadline))
  .single();
}

}  // namespace

Result<> analyze_table(const Spec& spec, const std::string& database, const std::string& table, Deadline deadline) {
  auto connection = TRY(connect_as_platform(spec, database, deadline));
  return base::in_context(table, connection.execute("ANALYZE " + table, deadline));
}

Result<> analyze_all(const Spec& spec, Deadline deadline, const std::stop_token& stop) {
  const auto major = TRY(major_of_data(spec.data()));
  if (major < 18) return vacuumdb(spec, {"--analyze-in-stages"}, deadline, stop);
  TRY(vacuumdb(spec, {"--analyze-in-stages", "--missing-stats-only"}, deadline, stop));
  return vacuumdb(spec, {"--analyze-only"}, deadline, stop);  // when to vacuum and analyze is counted anew
}

Result<> reload_and_wait(const Spec& spec, Deadline deadline) {
  constexpr Millis kLook{2};
  const auto before = TRY(loaded_at(spec, deadline));
  TRY(reload(spec));
  while (TRY(loaded_at(spec, deadline)) == before) {
    if (deadline.passed()) return base::fail(base::Code::timed_out, "{} does not read its configuration", spec.name);
    std::this_thread::sleep_for(kLook);
  }
  return {};
}

}  // namespace pgbaton::postgres
