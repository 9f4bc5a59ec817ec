// Structured logs: one JSON record per event on standard error. `error`: somebody may have to act. `info`: a state
// changed.
#pragma once

#include <string_view>

#include "base/json.hpp"

namespace pgbaton::system {

/// Names this process in every record: "server", "agent", "up".
void set_log_part(std::string_view name);
void log_info(std::string_view message, const base::Json& fields = base::Json::object());
void log_warning(std::string_view message, const base::Json& fields = base::Json::object());
void log_error(std::string_view message, const base::Json& fields = base::Json::object());

}  // namespace pgbaton::system
