// A request that nobody has taken yet: where it ends. Pure; told of what a client sent at a safe boundary.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pgbaton::wire {

/// Bytes of the request that `bytes` begin with: a simple query, a function call, or messages of the extended protocol
/// up to their Sync. Absent: it is not whole, or something else begins here.
[[nodiscard]] std::optional<std::size_t> whole_request(std::string_view bytes);

}  // namespace pgbaton::wire
