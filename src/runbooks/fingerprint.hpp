// What the result of a preflight or of a rehearsal was found out for: it counts for as long as these stay the same.
#pragma once

#include "model/database.hpp"
#include "runbooks/agent_client.hpp"

namespace pgbaton::runbooks {

/// Of the users' objects in one logical database: tables, columns, indexes, constraints, views, functions, types,
/// triggers, event triggers and extensions. The same until one of them changes, also in a clone.
[[nodiscard]] base::Result<std::string> schema_fingerprint(const AgentClient& agent, const std::string& instance,
                                                           const std::string& database);

struct Fingerprints {
  std::string schema;         // of all logical databases that take connections
  std::string configuration;  // ALTER SYSTEM, settings of roles and databases, roles, databases, logical slots
};
[[nodiscard]] base::Result<Fingerprints> fingerprints(const AgentClient& agent, const model::Database& database);

/// Logical databases that take connections, by name.
[[nodiscard]] base::Result<std::vector<std::string>> logical_databases(const AgentClient& agent,
                                                                       const std::string& instance);

}  // namespace pgbaton::runbooks
