// PostgreSQL's version numbers: since 10 two parts, major and minor.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace pgbaton::model {

struct Version {
  int major = 0;
  int minor = 0;
  auto operator<=>(const Version&) const = default;
};
[[nodiscard]] std::string to_string(Version version);

/// What a user may write: "17" (the newest 17 there is), "17.12", or with a third part that must be zero ("14.6.0").
struct VersionRequest {
  int major = 0;
  std::optional<int> minor;
  [[nodiscard]] bool matches(Version version) const {
    return version.major == major && (!minor || version.minor == *minor);
  }
};
[[nodiscard]] std::string to_string(const VersionRequest& request);
[[nodiscard]] base::Result<VersionRequest> parse_version_request(std::string_view text);
[[nodiscard]] base::Result<Version> parse_version(std::string_view text);

inline void to_json(base::Json& json, Version version) { json = to_string(version); }
inline void from_json(const base::Json& json, Version& version) {
  version = parse_version(json.get<std::string>()).value_or(Version{});
}

/// One build of PostgreSQL: 17.12-deb13u1. Ordered by version, then by build as text.
struct EngineId {
  Version version;
  std::string build;
  auto operator<=>(const EngineId&) const = default;
};
[[nodiscard]] std::string to_string(const EngineId& id);
[[nodiscard]] base::Result<EngineId> parse_engine_id(std::string_view text);

inline void to_json(base::Json& json, const EngineId& id) { json = to_string(id); }
inline void from_json(const base::Json& json, EngineId& id) {
  id = parse_engine_id(json.get<std::string>()).value_or(EngineId{});
}

}  // namespace pgbaton::model
