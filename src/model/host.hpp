// A host that has an agent: where nodes of databases may live.
#pragma once

#include <string>

#include "base/names.hpp"

namespace pgbaton::model {

/// The server's own host, whose agent `pgbaton up` runs.
inline constexpr const char* kLocalHost = "local";

struct Host {
  std::string name;
  std::string address;  // a number: where its agent listens, and its nodes
  int port = 0;         // of the agent
  std::string added_at;
};
PGBATON_JSON(Host, name, address, port, added_at)

}  // namespace pgbaton::model
