// Operations made: from a request that was found good to a stored operation that runs.
#pragma once

#include <map>

#include "server/executor.hpp"

namespace pgbaton::server {

class Operations {
 public:
  Operations(const Shop& shop, Executor& executor) : shop_(shop), executor_(executor) {}

  struct Wanted {
    const runbooks::Runbook& runbook;
    std::string from;
    std::string to;
    base::Json request = base::Json::object();
    std::map<std::string, base::Millis> expected = {};  // of steps whose time depends on the database
    std::vector<model::Hop> hops = {};                  // several runbooks instead, one after the other
  };
  /// For a database as it was read. Code::busy when it has an operation already, or was changed meanwhile. Revision 0:
  /// the database is new, Code::already_exists when the name is taken.
  [[nodiscard]] base::Result<model::Operation> begin(Document<model::Database> database, const Wanted& wanted);
  /// For an engine: an operation of this kind that runs for it already is returned instead.
  [[nodiscard]] base::Result<model::Operation> begin(const model::EngineRecord& engine, const Wanted& wanted);

  [[nodiscard]] base::Result<model::Operation> cancel(const std::string& id);
  /// Finished ones of this kind, newest first: what estimates are learnt from.
  [[nodiscard]] base::Result<std::vector<model::Operation>> history(std::string_view kind) const;

 private:
  [[nodiscard]] base::Result<model::Operation> draft(const Wanted& wanted) const;
  const Shop& shop_;
  Executor& executor_;
};

/// As the API and the CLI show it: without what only pgbaton itself needs.
[[nodiscard]] base::Json view(const model::Operation& operation);

}  // namespace pgbaton::server
