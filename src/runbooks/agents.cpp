#include "runbooks/agents.hpp"

#include <mutex>

namespace pgbaton::runbooks {

Agents::Agents(const std::map<std::string, system::HttpTarget>& targets, system::Path tls)
    : tls_(std::move(tls)), nobody_{system::HttpTarget{.unix_socket = "/nonexistent"}} {
  for (const auto& [host, target] : targets) add(host, target);
}

void Agents::add(const std::string& host, const system::HttpTarget& target, const std::string& address) {
  const std::unique_lock lock{mutex_};
  addresses_[host] = address;
  auto& agent = agents_[host];
  if (agent) retired_.push_back(agent);
  agent = std::make_shared<AgentClient>(target);
}

void Agents::remove(const std::string& host) {
  const std::unique_lock lock{mutex_};
  const auto found = agents_.find(host);
  if (found == agents_.end()) return;
  retired_.push_back(found->second);
  agents_.erase(found);
}

const AgentClient& Agents::of_host(const std::string& host) const {
  const std::shared_lock lock{mutex_};
  const auto found = agents_.find(host);
  return found == agents_.end() ? nobody_ : *found->second;
}

const AgentClient& Agents::of(const model::Database& database) const {
  return database.nodes.empty() ? local() : of(model::primary_of(database));
}

base::Result<std::string> Agents::address_of(const std::string& host) const {
  {
    const std::shared_lock lock{mutex_};
    if (const auto found = addresses_.find(host); found != addresses_.end() && !found->second.empty())
      return found->second;
  }
  return TRY(of_host(host).host())
  .address;
}

std::map<std::string, const AgentClient*> Agents::all() const {
  const std::shared_lock lock{mutex_};
  std::map<std::string, const AgentClient*> all;
  for (const auto& [host, agent] : agents_) all.emplace(host, agent.get());
  return all;
}

}  // namespace pgbaton::runbooks
