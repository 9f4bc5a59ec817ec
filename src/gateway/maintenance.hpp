// Maintenance as decisions and words: how far it is, and what clients are told. Pure; sessions act on it in
// making_way.cpp.
#pragma once

#include <string>

#include "api/gateway.hpp"
#include "base/time.hpp"

namespace pgbaton::gateway {

/// letting_go: open transactions may go on to their end. cutting: its grace is over. over: so is its time.
enum class MaintenanceStage { letting_go, cutting, over };
[[nodiscard]] MaintenanceStage stage_of(const api::Maintenance& maintenance, base::WallTime now);

/// "database "shop" is in maintenance until 2026-11-28 01:00:00 UTC: new prices"
[[nodiscard]] std::string sentence_about(const std::string& database, const api::Maintenance& maintenance);
/// When a client may come back, as a sentence.
[[nodiscard]] std::string hint_about(const api::Maintenance& maintenance);

}  // namespace pgbaton::gateway
