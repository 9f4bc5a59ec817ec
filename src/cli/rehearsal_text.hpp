// What a rehearsal found out, for people. Pure.
#pragma once

#include "cli/console.hpp"

namespace pgbaton::cli {

[[nodiscard]] std::string rehearsal_text(const base::Json& report, const Console& console);
[[nodiscard]] std::string rehearsals_table(const base::Json& answer, const Console& console);
/// 0 passed, 4 stopped by preflight, 5 anything else.
[[nodiscard]] int exit_status_of_rehearsal(const base::Json& report);

}  // namespace pgbaton::cli
