// Enums with stable names: one table per enum, used for JSON, the CLI and messages alike.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/json.hpp"

/// Declares `kEnumNames`, `to_string(Enum)`, `parse_enum(text, Enum&)` and the JSON conversions for the rows given.
#define PGBATON_ENUM_NAMES(Enum, ...)                                                                     \
  inline constexpr auto k##Enum##Names = std::to_array<std::pair<Enum, std::string_view>>({__VA_ARGS__}); \
  constexpr std::string_view to_string(Enum value) {                                                      \
    for (const auto& [candidate, name] : k##Enum##Names)                                                  \
      if (candidate == value) return name;                                                                \
    return "?";                                                                                           \
  }                                                                                                       \
  constexpr std::optional<Enum> parse_##Enum(std::string_view text) {                                     \
    for (const auto& [candidate, name] : k##Enum##Names)                                                  \
      if (name == text) return candidate;                                                                 \
    return std::nullopt;                                                                                  \
  }                                                                                                       \
  PGBATON_JSON_ENUM(Enum)
