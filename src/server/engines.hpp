// The catalog's engines at run time: found, installed, qualified, released, withdrawn.
#pragma once

#include "server/operations.hpp"

namespace pgbaton::server {

class Engines {
 public:
  Engines(const Shop& shop, Operations& operations) : shop_(shop), operations_(operations) {}

  [[nodiscard]] base::Result<base::Json> list();
  /// Asks the agent what its sources have and what it has installed, and keeps it.
  [[nodiscard]] base::Result<> sync();
  /// The running operation; nothing when the engine is installed and has been qualified already.
  [[nodiscard]] base::Result<std::optional<model::Operation>> install(const std::string& version);
  [[nodiscard]] base::Result<model::Operation> qualify(const std::string& version, const std::string& level);
  enum class Default { no, yes };
  [[nodiscard]] base::Result<base::Json> release(const std::string& version, Default as_default);
  [[nodiscard]] base::Result<base::Json> withdraw(const std::string& version);
  [[nodiscard]] base::Result<base::Json> view(const model::EngineId& id);

 private:
  enum class Need { any, installed };
  [[nodiscard]] base::Result<model::EngineRecord> resolve(const std::string& version, Need need);
  [[nodiscard]] base::Result<base::Json> move_to(const std::string& version, model::EngineState state);
  [[nodiscard]] base::Json row(const model::EngineRecord& engine,
                               const std::vector<Document<model::Database>>& databases);

  const Shop& shop_;
  Operations& operations_;
};

}  // namespace pgbaton::server
