// Between two looks of a thread that looks again and again.
#pragma once

#include <stop_token>

#include "base/time.hpp"

namespace pgbaton::system {

/// Sleeps for so long, or until stop is requested. Whether to go on.
[[nodiscard]] bool pause(const std::stop_token& stop, base::Millis duration);

}  // namespace pgbaton::system
