// What people see of an application whose database is in maintenance: a page for web servers that stand before it.
// Pure.
#pragma once

#include "api/gateway.hpp"
#include "base/time.hpp"

namespace pgbaton::server {

/// HTML without scripts, styles or anything to be fetched.
[[nodiscard]] std::string maintenance_page(const api::Maintenance& maintenance);
/// Of Retry-After: to its end, at least one; when that is not known, what is worth trying again after.
[[nodiscard]] std::int64_t retry_after_seconds(const api::Maintenance& maintenance, base::WallTime now);

}  // namespace pgbaton::server
