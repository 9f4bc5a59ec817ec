// The agents of all hosts, by the host's name; what the server's host has for reaching the others. Hosts may be added
// and removed while operations run. Used by all threads of the server.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>

#include "api/gateway.hpp"
#include "model/database.hpp"
#include "model/host.hpp"
#include "runbooks/agent_client.hpp"
#include "system/file.hpp"

namespace pgbaton::runbooks {

class Agents {
 public:
  /// `tls`: the folder with the authority's certificate and the gateway's own (see api::ServerAddress).
  Agents(const std::map<std::string, system::HttpTarget>& targets, system::Path tls);

  /// `address`: where its nodes are reached.
  void add(const std::string& host, const system::HttpTarget& target, const std::string& address = "");
  /// Whoever still has a reference to its agent may go on using it.
  void remove(const std::string& host);

  /// A host that is not known any more has an agent that cannot be reached.
  [[nodiscard]] const AgentClient& of_host(const std::string& host) const;
  [[nodiscard]] const AgentClient& of(const model::Node& node) const { return of_host(node.host); }
  /// Of the primary; of the server's host for a database that has no nodes yet.
  [[nodiscard]] const AgentClient& of(const model::Database& database) const;
  /// Of the server's host: for what is asked once, as which engines there are.
  [[nodiscard]] const AgentClient& local() const { return of_host(model::kLocalHost); }
  [[nodiscard]] std::map<std::string, const AgentClient*> all() const;
  /// Where the nodes of a host are reached, also while its agent cannot be.
  [[nodiscard]] base::Result<std::string> address_of(const std::string& host) const;
  [[nodiscard]] const system::Path& tls() const { return tls_; }

 private:
  const system::Path tls_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<AgentClient>> agents_;  // guarded by mutex_
  std::map<std::string, std::string> addresses_;                // guarded by mutex_
  std::vector<std::shared_ptr<AgentClient>> retired_;           // guarded by mutex_
  const AgentClient nobody_;
};

}  // namespace pgbaton::runbooks
