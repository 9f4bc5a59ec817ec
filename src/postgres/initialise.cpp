#include "postgres/configure.hpp"
#include "postgres/half_made.hpp"
#include "postgres/initdb.hpp"
#include "postgres/instance.hpp"
#include "system/child.hpp"
#include "system/failpoint.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Result;
using system::Path;

Result<> build(const Spec& spec, int major, const Path& data, Deadline deadline) {
  std::vector<std::string> argv{spec.program("initdb").string()};
  const auto arguments = TRY(initdb_arguments(spec, major, data));
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  TRY(system::run_checked({.argv = argv, .environment = {"LC_ALL=C", "PGDATA", "TZ=UTC"}, .directory = "/"}, deadline));
  system::failpoint("postgres.initdb.done");
  TRY(configure_in(spec, data));
  return make_durable(data);
}

}  // namespace

bool is_initialised(const Spec& spec) {
  std::error_code error;
  return std::filesystem::exists(spec.data() / "PG_VERSION", error);
}

Result<> initialise(const Spec& spec, Deadline deadline) {
  TRY(system::make_directory(spec.folder, 0700));
  const auto lock = TRY(system::FileLock::acquire(spec.folder / "lock", deadline));
  TRY(remove_unfinished(spec.folder, deadline));
  if (is_initialised(spec)) return {};
  const auto version = TRY(version_of_engine(spec.bindir));
  const auto unfinished = unfinished_folder(spec);
  auto built = build(spec, version.major, unfinished, deadline);
  if (built) built = system::rename_path(unfinished, spec.data());
  if (!built) {
    [[maybe_unused]] const auto removed = system::remove_tree(unfinished);  // the next attempt does it otherwise
    return base::in_context("making the data directory of " + spec.name, std::move(built));
  }
  return system::fsync_directory(spec.folder);
}

}  // namespace pgbaton::postgres
