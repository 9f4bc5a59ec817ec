// JSON as every module uses it, and the conversions that the library lacks.
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "base/units.hpp"

namespace pgbaton::base {

using Json = nlohmann::ordered_json;

inline void to_json(Json& json, Bytes bytes) { json = bytes.count; }
inline void from_json(const Json& json, Bytes& bytes) { bytes.count = json.get<std::int64_t>(); }
inline void to_json(Json& json, Generation generation) { json = generation.number; }
inline void from_json(const Json& json, Generation& generation) { generation.number = json.get<std::int64_t>(); }
inline void to_json(Json& json, Lsn lsn) { json = to_string(lsn); }
inline void from_json(const Json& json, Lsn& lsn) { lsn = parse_lsn(json.get<std::string>()).value_or(Lsn{}); }
// Written to files of mode 0600 and to the agent's socket only.
inline void to_json(Json& json, const Secret& secret) { json = secret.reveal(); }
inline void from_json(const Json& json, Secret& secret) { secret = Secret{json.get<std::string>()}; }

/// Parses text that came from outside. Errors name the place in the text.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

/// Converts JSON that came from outside to a type. A missing or wrong field is an error in words, not an exception.
template <typename T>
[[nodiscard]] Result<T> from_json_text(std::string_view text) {
  const Json json = TRY(parse_json(text));
  try {
    return json.get<T>();
  } catch (const nlohmann::json::exception& exception) {
    return fail(Code::invalid_argument, "unexpected JSON: {}", exception.what());
  }
}

template <typename T>
[[nodiscard]] Result<T> convert(const Json& json) {
  try {
    return json.get<T>();
  } catch (const nlohmann::json::exception& exception) {
    return fail(Code::invalid_argument, "unexpected JSON: {}", exception.what());
  }
}

}  // namespace pgbaton::base

template <typename T>
struct nlohmann::adl_serializer<std::optional<T>> {
  static void to_json(pgbaton::base::Json& json, const std::optional<T>& value) {
    if (value)
      json = *value;
    else
      json = nullptr;
  }
  static void from_json(const pgbaton::base::Json& json, std::optional<T>& value) {
    if (json.is_null())
      value.reset();
    else
      value = json.get<T>();
  }
};

/// Fields of a struct to and from JSON by their names; absent ones keep their defaults.
#define PGBATON_JSON(Type, ...)                                                                \
  inline void to_json(::pgbaton::base::Json& nlohmann_json_j, const Type& nlohmann_json_t) {   \
    nlohmann_json_j = ::pgbaton::base::Json::object();                                         \
    NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(NLOHMANN_JSON_TO, __VA_ARGS__))                   \
  }                                                                                            \
  inline void from_json(const ::pgbaton::base::Json& nlohmann_json_j, Type& nlohmann_json_t) { \
    const Type nlohmann_json_default_obj{};                                                    \
    NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(NLOHMANN_JSON_FROM_WITH_DEFAULT, __VA_ARGS__))    \
  }

/// An enum to and from JSON by the names of its table `kNames` (a function `names_of(Enum)` found by ADL).
#define PGBATON_JSON_ENUM(Enum)                                                                   \
  inline void to_json(::pgbaton::base::Json& json, Enum value) { json = to_string(value); }       \
  inline void from_json(const ::pgbaton::base::Json& json, Enum& value) {                         \
    for (const auto& [candidate, name] : k##Enum##Names)                                          \
      if (json == name) {                                                                         \
        value = candidate;                                                                        \
        return;                                                                                   \
      }                                                                                           \
    throw nlohmann::json::other_error::create(501, "unknown " #Enum ": " + json.dump(), nullptr); \
  }
