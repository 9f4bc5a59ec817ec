// What the server decides about major-upgrades before their runbooks begin. Inside of the module.
#pragma once

#include "server/databases.hpp"

namespace pgbaton::server {

/// Until when a revert is possible; null when it is not.
[[nodiscard]] base::Json revert_until(const model::Database& database);
/// The old version that is kept, and whether and why not it can be gone back to; null when none is.
[[nodiscard]] base::Json kept_view(const model::Database& database);

/// How the files will be transferred, and what that means for the way back, as sentences.
[[nodiscard]] std::string sentence_about(model::Transfer transfer, bool has_standbys);

}  // namespace pgbaton::server
