#include "runbooks/agents.hpp"

namespace pgbaton::runbooks {

Agents::Agents(const std::map<std::string, system::HttpTarget>& targets)
    : nobody_{system::HttpTarget{.unix_socket = "/nonexistent"}} {
  for (const auto& [host, target] : targets) agents_.emplace(host, AgentClient{target});
}

const AgentClient& Agents::of_host(const std::string& host) const {
  const auto found = agents_.find(host);
  return found == agents_.end() ? nobody_ : found->second;
}

const AgentClient& Agents::of(const model::Database& database) const {
  return database.nodes.empty() ? first() : of(model::primary_of(database));
}

}  // namespace pgbaton::runbooks
