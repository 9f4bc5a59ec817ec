// Keeps the logs of this host's instances from filling the disk: removes what is too much or too old, once a second, of
// instances that do not run too. A thread of its own, because the keeper of instances may wait for a start.
#pragma once

#include <thread>

#include "agent/instances.hpp"

namespace pgbaton::agent {

/// Where an instance's log is.
[[nodiscard]] system::Path log_folder(const Config& config, const std::string& instance);

class LogKeeper {
 public:
  LogKeeper(const Config& config, Journal& journal) : config_(config), journal_(journal) {}

  void begin();
  void end() { looking_ = {}; }

 private:
  void look();

  const Config& config_;
  Journal& journal_;
  std::jthread looking_;
};

}  // namespace pgbaton::agent
