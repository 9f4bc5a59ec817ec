// What an instance's own settings (ALTER SYSTEM) become under another major. Inside of the module.
#pragma once

#include "base/result.hpp"
#include "system/file.hpp"

namespace pgbaton::agent {

/// postgresql.auto.conf of the data directory as the new major takes it: catalog/majors.toml says what is gone and what
/// has another name.
[[nodiscard]] base::Result<std::string> translated_configuration(const system::Path& data, int from, int to);

}  // namespace pgbaton::agent
