// Engines of the API in words and tables. Pure.
#pragma once

#include "cli/console.hpp"
#include "model/operation.hpp"

namespace pgbaton::cli {

/// GET /engines
[[nodiscard]] std::string engine_table(const base::Json& answer, const Console& console);
/// "17.12 (deb13u1)"
[[nodiscard]] std::string engine_name(const base::Json& engine);
/// The newest qualification of the engine whose version or id this is, check by check.
[[nodiscard]] std::string qualification_text(const base::Json& answer, std::string_view name, const Console& console);
/// " in 9.8 s", or nothing when it is not known.
[[nodiscard]] std::string took_text(const model::Operation& operation);

}  // namespace pgbaton::cli
