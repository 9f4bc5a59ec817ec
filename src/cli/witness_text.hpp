// The witness' report for people.
#pragma once

#include "cli/console.hpp"
#include "witness/report.hpp"

namespace pgbaton::cli {

[[nodiscard]] std::string witness_text(const witness::Report& report, const Console& console);

}  // namespace pgbaton::cli
