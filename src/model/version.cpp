#include "model/version.hpp"

#include <charconv>

#include "base/text.hpp"

namespace pgbaton::model {
namespace {

std::optional<int> parse_part(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > 9999) return std::nullopt;
  return value;
}

}  // namespace

std::string to_string(Version version) { return fmt::format("{}.{}", version.major, version.minor); }

std::string to_string(const VersionRequest& request) {
  return request.minor ? fmt::format("{}.{}", request.major, *request.minor) : fmt::format("{}", request.major);
}

std::string to_string(const EngineId& id) { return fmt::format("{}-{}", to_string(id.version), id.build); }

base::Result<VersionRequest> parse_version_request(std::string_view text) {
  const auto parts = base::split(text, '.');
  const auto wrong = [&] {
    return base::fail({base::Code::invalid_argument, fmt::format("\"{}\" is not a PostgreSQL version", text),
                       "Write a major like 17 or a minor like 17.12."});
  };
  const auto major = parse_part(parts[0]);
  if (!major || *major < 10 || parts.size() > 3) return wrong();
  if (parts.size() == 1) return VersionRequest{*major, std::nullopt};
  const auto minor = parse_part(parts[1]);
  if (!minor || (parts.size() == 3 && parts[2] != "0")) return wrong();
  return VersionRequest{*major, minor};
}

base::Result<Version> parse_version(std::string_view text) {
  const auto request = TRY(parse_version_request(text));
  if (!request.minor) return base::fail(base::Code::invalid_argument, "\"{}\" names no minor version", text);
  return Version{request.major, *request.minor};
}

base::Result<EngineId> parse_engine_id(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash + 1 == text.size())
    return base::fail(base::Code::invalid_argument, "\"{}\" is not an engine like 17.12-deb13u1", text);
  const auto version = TRY(parse_version(text.substr(0, dash)));
  return EngineId{version, std::string{text.substr(dash + 1)}};
}

}  // namespace pgbaton::model
