// What the kinds of jobs have in common, and the table that names their functions.
#pragma once

#include <functional>
#include <stop_token>

#include "agent/instances.hpp"
#include "engine/engine.hpp"

namespace pgbaton::agent {

/// What a job works with. One per running job, on its own thread.
struct JobContext {
  const Config& config;
  Journal& journal;
  Instances& instances;
  const std::vector<engine::Source>& sources;
  const api::JobRequest& request;
  base::Deadline deadline;
  std::stop_token stop;
  std::function<void(std::string_view phase, double fraction)> progress;
};

/// Its answer becomes the job's result. It may be run again after it was interrupted anywhere.
using JobFunction = base::Result<base::Json> (*)(const JobContext&);

struct JobRow {
  api::JobKind kind;
  JobFunction run;
  base::Millis limit;
};
[[nodiscard]] const JobRow& row_of(api::JobKind kind);

base::Result<base::Json> sync_engines(const JobContext& context);
base::Result<base::Json> install_engine(const JobContext& context);
base::Result<base::Json> qualify_engine(const JobContext& context);
base::Result<base::Json> create_instance(const JobContext& context);
base::Result<base::Json> start_instance(const JobContext& context);
base::Result<base::Json> stop_instance(const JobContext& context);
base::Result<base::Json> checkpoint_instance(const JobContext& context);
base::Result<base::Json> provision_instance(const JobContext& context);
base::Result<base::Json> update_extensions(const JobContext& context);
base::Result<base::Json> run_statements(const JobContext& context);
base::Result<base::Json> destroy_instance(const JobContext& context);
base::Result<base::Json> configure_replication(const JobContext& context);
base::Result<base::Json> create_standby(const JobContext& context);
base::Result<base::Json> ready_instance(const JobContext& context);
base::Result<base::Json> detach_instance(const JobContext& context);
base::Result<base::Json> promote_instance(const JobContext& context);
base::Result<base::Json> fence_instance(const JobContext& context);
base::Result<base::Json> rejoin_instance(const JobContext& context);
base::Result<base::Json> resize_instance(const JobContext& context);
base::Result<base::Json> prepare_target(const JobContext& context);
base::Result<base::Json> convert_instance(const JobContext& context);
base::Result<base::Json> take_back_instance(const JobContext& context);
base::Result<base::Json> remove_data(const JobContext& context);
base::Result<base::Json> open_instance(const JobContext& context);
base::Result<base::Json> analyze_instance(const JobContext& context);
base::Result<base::Json> rehearse_schema(const JobContext& context);
base::Result<base::Json> digest_instance(const JobContext& context);
base::Result<base::Json> configure_backups(const JobContext& context);
base::Result<base::Json> backup_instance(const JobContext& context);
base::Result<base::Json> secure_log(const JobContext& context);
base::Result<base::Json> restore_instance(const JobContext& context);
base::Result<base::Json> verify_backups(const JobContext& context);
base::Result<base::Json> remove_backups(const JobContext& context);
base::Result<base::Json> restore_beside(const JobContext& context);
base::Result<base::Json> discard_restore(const JobContext& context);
base::Result<base::Json> make_safety_point(const JobContext& context);

}  // namespace pgbaton::agent
