// What the runbooks that restore have in common. Inside of the module.
#pragma once

#include "runbooks/runbook.hpp"

namespace pgbaton::runbooks {

/// What the operation was asked for.
struct RestoreRequest {
  api::RestoreSource source;
  model::Node primary;      // of the source
  bool is_present = false;  // the source still writes the line that is restored from
};
PGBATON_JSON(RestoreRequest, source, primary, is_present)

[[nodiscard]] base::Result<RestoreRequest> restore_request(const Context& context);
/// Of a source that runs: its log up to now is in the repository, with a commit that is later than the time asked for.
[[nodiscard]] base::Result<> secure_source(Context& context);
/// The primary's host has what restores: this engine, and that of an older line.
[[nodiscard]] base::Result<> ensure_engines_of(const Context& context, const RestoreRequest& wanted,
                                               const model::EngineId& engine);
[[nodiscard]] base::Json restore_certificate(const Context& context, const api::ProbeAnswer& probe);

}  // namespace pgbaton::runbooks
