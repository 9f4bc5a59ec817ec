// How long pg_upgrade will take: from what really drives it, objects, and from what it took on this host before. Inside
// of the module.
#pragma once

#include "server/databases.hpp"

namespace pgbaton::server {

/// What there is to be dumped, restored and transferred.
struct MajorSize {
  std::int64_t relations = 0;
  std::int64_t databases = 0;
  std::int64_t large_objects = 0;
  std::int64_t bytes = 0;
};
[[nodiscard]] base::Result<MajorSize> measure(const runbooks::AgentClient& agent, const std::string& instance);

/// Pure: what a usual host takes.
[[nodiscard]] base::Millis usual_conversion(const MajorSize& size, model::Transfer transfer);

/// What this host took, in relation to a usual one, in the operations of `past` that noted what was expected of a usual
/// one ("usual_ms" in their requests). 1 when there is none.
[[nodiscard]] double pace_of_host(std::span<const model::Operation> past);

/// The estimate of the whole runbook with this for its step "convert".
[[nodiscard]] operation::Estimate major_estimate(std::span<const operation::Row> rows,
                                                 std::span<const model::Operation> past, base::Millis usual);

}  // namespace pgbaton::server
