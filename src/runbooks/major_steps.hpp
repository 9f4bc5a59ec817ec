// What the runbooks that change a database's major have in common. Inside of the module.
#pragma once

#include "api/major.hpp"
#include "runbooks/gate.hpp"
#include "runbooks/instance_steps.hpp"

namespace pgbaton::runbooks {

/// What the operation was asked for: from which data directory to which.
[[nodiscard]] base::Result<api::MajorTarget> major_target(const Context& context);
/// The instance is put on these data with this engine and started for the platform only.
[[nodiscard]] base::Result<api::StartAnswer> start_guarded(Context& context, const model::EngineId& engine,
                                                           const std::string& data);
/// Clients are let in, and the sessions that were held go on; facts["stall"]. The caller's step is the point of no
/// return.
[[nodiscard]] base::Result<> open_and_resume(Context& context);
/// The logical databases that can be connected to.
[[nodiscard]] base::Result<std::vector<std::string>> databases_of_instance(const Context& context);
/// {whole, tables, rows, sequences, equal, different: [sentence]} of two answers of the job digest-instance.
[[nodiscard]] base::Json compare_digests(const base::Json& before, const base::Json& after);
[[nodiscard]] base::Result<> take_checkpoint(Context& context);
[[nodiscard]] base::Result<> stop_held(Context& context);
[[nodiscard]] base::Result<bool> is_stopped_by_us(Context& context);

}  // namespace pgbaton::runbooks
