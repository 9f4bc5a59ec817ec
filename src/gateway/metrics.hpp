// The gateway's figures in Prometheus' text format.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/hold.hpp"

namespace pgbaton::gateway {

[[nodiscard]] std::string render_metrics(const std::vector<std::shared_ptr<Held>>& databases);

}  // namespace pgbaton::gateway
