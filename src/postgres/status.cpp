#include "postgres/instance.hpp"
#include "postgres/process.hpp"

namespace pgbaton::postgres {
namespace {

// "ready" and "standby" (recovery that accepts no queries yet) are what pg_ctl calls started; only the first serves.
InstanceState state_named(std::string_view status) {
  if (status == "ready") return InstanceState::running;
  if (status == "stopping") return InstanceState::stopping;
  return InstanceState::starting;
}

}  // namespace

Status status(const Spec& spec) {
  const auto postmaster = find_postmaster(spec.data());
  if (!postmaster) return {};
  const auto& [process, lock_file] = *postmaster;
  return {.state = state_named(lock_file.status),
          .pid = process.pid(),
          .bindir = bindir_of_process(process.pid()).string(),
          .started_at = base::to_rfc3339(lock_file.started_at)};
}

}  // namespace pgbaton::postgres
