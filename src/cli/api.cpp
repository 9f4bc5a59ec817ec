#include "cli/api.hpp"

#include <unistd.h>

#include "base/text.hpp"
#include "cli/registry.hpp"
#include "model/database.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;
using system::HttpTarget;

namespace {

// Asking the engines' sources takes the longest: up to two minutes.
constexpr base::Millis kPatience{150'000};

Result<HttpTarget> target_of(const Registration& registration) {
  auto target = TRY(system::parse_http_target(registration.server));
  target.ca_file = registration.ca_file;
  target.token = base::Secret{std::string{base::trim(TRY(system::read_file(registration.token_file)))}};
  return target;
}

std::vector<Candidate> candidates(const Environment& environment) {
  std::vector<Candidate> living;
  for (auto& registration : living_registrations(environment)) {
    const bool usable = ::access(registration.token_file.c_str(), R_OK) == 0;
    living.push_back({std::move(registration), usable});
  }
  return living;
}

Result<HttpTarget> by_data(const system::Path& data, const Environment& environment) {
  std::error_code ignored;
  const auto real = std::filesystem::weakly_canonical(data, ignored);
  for (const auto& registration : living_registrations(environment))
    if (registration.data == real) return target_of(registration);
  const auto own = registration_of(data);
  if (own && is_alive(*own)) return target_of(*own);
  return base::fail({Code::unreachable, fmt::format("no pgbaton runs with its data in {}", data.string()),
                     fmt::format("Start it with `pgbaton up --data {}`.", data.string())});
}

Result<HttpTarget> by_url(const Environment& environment) {
  auto target = TRY(base::in_context("PGBATON_SERVER", system::parse_http_target(environment.server)));
  target.ca_file = environment.ca_file;
  target.token = base::Secret{environment.token};
  if (!environment.token.empty()) return target;
  for (const auto& registration : living_registrations(environment)) {
    const auto known = system::parse_http_target(registration.server);
    if (known && system::to_string(known->endpoint) == system::to_string(target.endpoint))
      return target_of(registration);
  }
  return target;
}

// What was asked for by option comes first, then the environment, then what runs on this machine.
Result<HttpTarget> find_target(const Options& options, const Environment& environment) {
  if (!options.data.empty()) return by_data(options.data, environment);
  if (!environment.server.empty()) return by_url(environment);
  if (!environment.data.empty()) return by_data(environment.data, environment);
  return target_of(TRY(choose(candidates(environment))));
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"-._~"}.find(c) != std::string_view::npos;
}

}  // namespace

Result<Api> Api::find(const Options& options, const Environment& environment) {
  auto target = TRY(find_target(options, environment));
  return Api{std::move(target)};
}

Result<Json> Api::request(std::string_view method, const std::string& path, const Json& body) const {
  return TRY(system::http_request(target_, method, path, body, base::Deadline::after(kPatience)))
  .body;
}

Result<Json> Api::get(const std::string& path) const { return request("GET", path, nullptr); }
Result<Json> Api::post(const std::string& path, const Json& body) const { return request("POST", path, body); }
Result<Json> Api::remove(const std::string& path) const { return request("DELETE", path, nullptr); }

std::string encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_unreserved(c))
      result.push_back(c);
    else
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

Result<std::string> database_path(const std::string& name, std::string_view rest) {
  if (!model::check_database_name(name)) return base::fail(Code::not_found, "there is no database \"{}\"", name);
  return fmt::format("/api/v1/databases/{}{}", encoded(name), rest);
}

Result<std::string> operation_path(const std::string& id, std::string_view rest) {
  const auto in_id = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (id.empty() || !std::ranges::all_of(id, in_id))
    return base::fail({Code::not_found, fmt::format("there is no operation \"{}\"", id),
                       "`pgbaton operations` shows what there is."});
  return fmt::format("/api/v1/operations/{}{}", encoded(id), rest);
}

Result<> check_version(const std::string& text) {
  if (model::parse_engine_id(text)) return {};
  TRY(model::parse_version_request(text));
  return {};
}

Result<std::string> engine_path(const std::string& version, std::string_view rest) {
  TRY(check_version(version));
  return fmt::format("/api/v1/engines/{}{}", encoded(version), rest);
}

}  // namespace pgbaton::cli
