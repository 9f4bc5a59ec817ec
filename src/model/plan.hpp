// A plan: how many nodes, and how much memory each has. starter-4096, business-4096, enterprise-8192 …
#pragma once

#include "base/names.hpp"
#include "base/units.hpp"

namespace pgbaton::model {

enum class Topology { starter, business, enterprise };
PGBATON_ENUM_NAMES(Topology, {Topology::starter, "starter"}, {Topology::business, "business"},
                   {Topology::enterprise, "enterprise"})

struct Plan {
  Topology topology = Topology::starter;
  base::Bytes memory;
  bool operator==(const Plan&) const = default;
};

/// Accepts "starter-4096" and the longer spelling "postgresql-dr-starter-4096"; at least 512 MB.
[[nodiscard]] base::Result<Plan> parse_plan(std::string_view text);
[[nodiscard]] std::string to_string(const Plan& plan);
/// How many sessions of clients a node with this much memory has room for.
[[nodiscard]] int client_connections(base::Bytes memory);

/// For how many days every moment can be restored to.
[[nodiscard]] int retention_days(Topology topology);

inline void to_json(base::Json& json, const Plan& plan) { json = to_string(plan); }
inline void from_json(const base::Json& json, Plan& plan) {
  plan = parse_plan(json.get<std::string>()).value_or(Plan{});
}

}  // namespace pgbaton::model
