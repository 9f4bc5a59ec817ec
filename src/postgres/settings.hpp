// The settings that follow from a plan's memory. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/units.hpp"

namespace pgbaton::postgres {

struct Setting {
  std::string name;
  std::string value;  // without quotes
  bool operator==(const Setting&) const = default;
};

/// Connections kept for the platform on top of what the plan promises: health checks, upgrades, moving of sessions.
inline constexpr int kReservedConnections = 5;
/// Those of the platform that are open while all goes well: PostgreSQL lets nobody else in when no more than the
/// reserved ones are free, whoever has the others.
inline constexpr int kPlatformConnections = 5;

/// Connections that the plan promises to the database's users: 100 per GB, at least 50.
[[nodiscard]] int connections_of(base::Bytes memory);

/// How much log may lie between two checkpoints.
[[nodiscard]] base::Bytes max_wal_size_of(base::Bytes memory);

/// All of them are valid for PostgreSQL 13 to 19.
[[nodiscard]] std::vector<Setting> settings_for_plan(base::Bytes memory, int major);

}  // namespace pgbaton::postgres
