// Why a server did not start, told from what it logged. Pure.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// Children of a killed postmaster still hold its shared memory: a later attempt succeeds.
[[nodiscard]] bool is_shared_memory_in_use(std::string_view log);

/// One sentence, followed by the last relevant lines of the log.
[[nodiscard]] base::Error explain_start_failure(const Spec& spec, std::string_view log);

/// The last lines that matter: errors with their details, or simply the last ones when there are none.
[[nodiscard]] std::string relevant_lines(std::string_view log, std::size_t count);

[[nodiscard]] base::Error port_in_use(const Spec& spec, std::string_view address);
[[nodiscard]] base::Error wrong_major(const Spec& spec, int data, model::Version engine);

}  // namespace pgbaton::postgres
