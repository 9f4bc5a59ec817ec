// Offers, plans and preflight findings of the API in words. Pure.
#pragma once

#include "cli/console.hpp"

namespace pgbaton::cli {

/// GET /databases/NAME/offers
[[nodiscard]] std::string offers_text(std::string_view database, const base::Json& answer, const Console& console);
/// GET /databases/NAME/upgrade
[[nodiscard]] std::string upgrade_plan_text(const base::Json& plan, const Console& console);
/// GET /checks
[[nodiscard]] std::string checks_text(const base::Json& answer, const Console& console);
/// POST or GET /databases/NAME/preflight
[[nodiscard]] std::string preflight_text(std::string_view database, const base::Json& answer, const Console& console);

}  // namespace pgbaton::cli
