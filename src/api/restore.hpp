// Parameters of the agent's jobs that make instances out of the repository.
#pragma once

#include "api/agent.hpp"

namespace pgbaton::api {

/// restore-instance: a new instance out of the repository, up to a time, promoted and running. Its logical database and
/// that one's owner get their new names. Answers with RestoreAnswer.
struct RestoreInstance {
  CreateInstance instance;
  RestoreSource source;
  std::string database;  // the name that the logical database and its owner get
};
PGBATON_JSON(RestoreInstance, instance, source, database)

/// restore-beside: the same for an instance that is there, into a data directory beside the one that counts, which
/// serves on; stopped in the end. discard-restore (RemoveData) takes away what is there of it.
struct RestoreBeside {
  std::string instance;
  model::EngineId engine;
  RestoreSource source;
  std::string data;  // name of the new data directory
  int port = 0;      // free on the host, for the socket
};
PGBATON_JSON(RestoreBeside, instance, engine, source, data, port)

}  // namespace pgbaton::api
