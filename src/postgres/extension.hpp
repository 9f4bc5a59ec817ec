// Extensions of every database of an instance: what is installed, and their updates to what the engine brings.
#pragma once

#include "base/json.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

struct InstalledExtension {
  std::string database;
  std::string name;
  std::string version;
  std::string engine_version;  // the engine's default; empty: the engine does not have the extension
};
PGBATON_JSON(InstalledExtension, database, name, version, engine_version)

[[nodiscard]] base::Result<std::vector<InstalledExtension>> installed_extensions(const Spec& spec,
                                                                                 base::Deadline deadline);

struct ExtensionUpdate {
  std::string database;
  std::string name;
  std::string from;
  std::string to;
  std::string error;  // empty: updated
};
PGBATON_JSON(ExtensionUpdate, database, name, from, to, error)

/// ALTER EXTENSION … UPDATE wherever the engine's default differs. What cannot be updated is in the result with its
/// error and stops nothing; only not reaching the server is an error of the whole.
[[nodiscard]] base::Result<std::vector<ExtensionUpdate>> update_extensions(const Spec& spec, base::Deadline deadline);

}  // namespace pgbaton::postgres
