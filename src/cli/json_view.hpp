// Reading answers of the API for people: a field that is absent or null is empty, never an error.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/time.hpp"

namespace pgbaton::cli {

/// Text of a field: strings as they are, numbers and booleans as JSON writes them, everything else empty.
[[nodiscard]] std::string text_at(const base::Json& json, std::string_view field);
[[nodiscard]] std::int64_t number_at(const base::Json& json, std::string_view field);
[[nodiscard]] bool flag_at(const base::Json& json, std::string_view field);
/// The array or object there, else an empty array.
[[nodiscard]] base::Json part_at(const base::Json& json, std::string_view field);

using base::short_time;
/// "312 MB", empty for 0.
[[nodiscard]] std::string size_text(std::int64_t bytes);
/// A duration that is only expected: no more digits than are worth reading.
[[nodiscard]] std::string rough_text(base::Millis duration);
/// "2.0 s to 8.0 s" of a pair [lowest, highest] in milliseconds; one value when both read the same.
[[nodiscard]] std::string range_text(const base::Json& range);

}  // namespace pgbaton::cli
