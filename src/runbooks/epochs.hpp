// How a database leaves one history of its log for another. Inside of the module.
#pragma once

#include "runbooks/runbook.hpp"

namespace pgbaton::runbooks {

/// From the moment at which the old server was stopped. `restored_to`: up to when the new history shares the past of
/// the old one; empty when it begins by itself.
void begin_epoch(model::Database& database, const api::StopAnswer& stopped, const std::string& system_identifier,
                 const std::string& restored_to);

/// The same for data that were kept since they were left: `cluster` tells which they are.
void go_back_to_epoch(model::Database& database, const api::StopAnswer& stopped, const base::Json& cluster);
/// {system_identifier, timeline} of the running primary.
[[nodiscard]] base::Result<base::Json> cluster_of(const Context& context);

}  // namespace pgbaton::runbooks
