// Jobs about engines: what there is, and installing one.
#include "agent/job.hpp"

namespace pgbaton::agent {

using base::Json;
using base::Result;

Result<Json> sync_engines(const JobContext& context) {
  const engine::Folder folder{context.config.engines};
  const auto found = TRY(engine::sync(folder, context.sources, context.deadline, context.stop));
  return Json(api::SyncAnswer{found.engines, engine::installed(folder), found.warnings});
}

Result<Json> install_engine(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::InstallEngine>(context.request.parameters));
  const auto manifest = TRY(engine::install(engine::Folder{context.config.engines}, context.sources, wanted.engine,
                                            context.deadline, context.stop, context.progress));
  return Json(manifest);
}

}  // namespace pgbaton::agent
