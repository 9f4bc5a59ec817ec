// The agents of all hosts, by the host's name. Fixed when the server starts.
#pragma once

#include <map>

#include "model/database.hpp"
#include "runbooks/agent_client.hpp"

namespace pgbaton::runbooks {

class Agents {
 public:
  explicit Agents(const std::map<std::string, system::HttpTarget>& targets);

  /// A host that is not known any more has an agent that cannot be reached.
  [[nodiscard]] const AgentClient& of_host(const std::string& host) const;
  [[nodiscard]] const AgentClient& of(const model::Node& node) const { return of_host(node.host); }
  /// Of the primary; of the first host for a database that has no nodes yet.
  [[nodiscard]] const AgentClient& of(const model::Database& database) const;
  /// Of the first host: for what is asked once, as which engines there are.
  [[nodiscard]] const AgentClient& first() const { return agents_.begin()->second; }
  [[nodiscard]] const std::map<std::string, AgentClient>& all() const { return agents_; }

 private:
  std::map<std::string, AgentClient> agents_;
  AgentClient nobody_;
};

}  // namespace pgbaton::runbooks
