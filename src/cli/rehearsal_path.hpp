// Which upgrades a rehearsal walks, one after another. Pure.
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"
#include "model/version.hpp"

namespace pgbaton::cli {

/// `offers`: as /offers answers for the database as it is now. The next version on the way to `to`; empty when it is
/// there. Code::refused when no way leads there.
[[nodiscard]] base::Result<std::string> next_hop(const base::Json& offers, const model::VersionRequest& to);

}  // namespace pgbaton::cli
