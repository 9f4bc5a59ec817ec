// Calls of functions in SQL text that may do anything to the session they run in: those that are not known to be
// harmless.
#pragma once

#include <string_view>

namespace pgbaton::wire {

/// Whether a function is called that is not one of PostgreSQL's own, frequently used and without effect on a session.
/// Comments and strings count too; one pass, nothing allocated. What triggers and operators call is out of sight.
[[nodiscard]] bool calls_unknown(std::string_view sql);

}  // namespace pgbaton::wire
