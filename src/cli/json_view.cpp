#include "cli/json_view.hpp"

#include "base/time.hpp"
#include "base/units.hpp"

namespace pgbaton::cli {

using base::Json;

namespace {

const Json* find(const Json& json, std::string_view field) {
  if (!json.is_object()) return nullptr;
  const auto at = json.find(std::string{field});
  return at == json.end() ? nullptr : &*at;
}

}  // namespace

std::string text_at(const Json& json, std::string_view field) {
  const auto* value = find(json, field);
  if (value == nullptr || value->is_null() || value->is_structured()) return {};
  return value->is_string() ? value->get<std::string>() : value->dump();
}

std::int64_t number_at(const Json& json, std::string_view field) {
  const auto* value = find(json, field);
  return value != nullptr && value->is_number() ? value->get<std::int64_t>() : 0;
}

bool flag_at(const Json& json, std::string_view field) {
  const auto* value = find(json, field);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

Json part_at(const Json& json, std::string_view field) {
  const auto* value = find(json, field);
  return value != nullptr && value->is_structured() ? *value : Json::array();
}

std::string size_text(std::int64_t bytes) { return bytes > 0 ? base::humanise(base::Bytes{bytes}) : std::string{}; }

std::string rough_text(base::Millis duration) {
  constexpr base::Millis kExact{95};
  constexpr base::Millis kTenths{9'950};
  constexpr base::Millis kSeconds{59'500};
  const auto seconds = static_cast<double>(duration.count()) / 1000;
  if (duration < kExact || duration >= kSeconds) return base::humanise(duration);
  return duration < kTenths ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string range_text(const Json& range) {
  if (!range.is_array() || range.size() != 2 || !range[0].is_number() || !range[1].is_number()) return {};
  const auto low = rough_text(base::Millis{range[0].get<std::int64_t>()});
  const auto high = rough_text(base::Millis{range[1].get<std::int64_t>()});
  return low == high ? low : fmt::format("{} to {}", low, high);
}

}  // namespace pgbaton::cli
