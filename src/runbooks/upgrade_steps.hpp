// What the runbooks of several upgrades have in common.
#pragma once

#include "runbooks/preflight.hpp"
#include "runbooks/runbook.hpp"

namespace pgbaton::runbooks {

[[nodiscard]] base::Result<model::EngineId> engine_asked_for(const Context& context, std::string_view field);
/// The preflight of everything; facts["preflight"], and what the server keeps of it.
[[nodiscard]] base::Result<preflight::Report> kept_preflight(Context& context, const Preflight& subject,
                                                             const model::EngineId& target);
/// The preflight; facts["preflight"]. Code::refused with the first finding that stops.
[[nodiscard]] base::Result<> check_upgrade(Context& context);
/// Opens the gate, writes down what clients waited, and connects as they do.
[[nodiscard]] base::Result<> go_on(Context& context);
[[nodiscard]] base::Result<> update_extensions(Context& context);
/// What the release notes ask for: done, or listed for a person to decide.
[[nodiscard]] base::Result<> aftercare(Context& context);

}  // namespace pgbaton::runbooks
