// Further hosts with agents: added, listed, removed. An added host gets a file with everything that its agent needs.
#pragma once

#include "server/turn.hpp"

namespace pgbaton::server {

class Hosts {
 public:
  explicit Hosts(const Shop& shop) : shop_(shop) {}

  /// Makes the agents of all hosts in the store known.
  [[nodiscard]] base::Result<> load();
  [[nodiscard]] base::Result<base::Json> list();
  /// `asked`: {name, address, port?}. The answer has the file's text; it holds a private key, and is not kept. Asked
  /// again with the same address it gives another one. Code::refused when this host can be reached from nowhere else.
  [[nodiscard]] base::Result<base::Json> add(const base::Json& asked);
  /// Code::refused while it has nodes.
  [[nodiscard]] base::Result<> remove(const std::string& name);

 private:
  [[nodiscard]] base::Result<> check_reachable() const;
  [[nodiscard]] base::Result<int> nodes_on(const std::string& host) const;
  [[nodiscard]] system::HttpTarget target_of(const model::Host& host) const;
  [[nodiscard]] base::Result<std::string> agent_file(const model::Host& host) const;

  const Shop& shop_;
};

}  // namespace pgbaton::server
