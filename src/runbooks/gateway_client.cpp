#include "runbooks/gateway_client.hpp"

namespace pgbaton::runbooks {

using base::Json;
using base::Result;

namespace {

// Longer than any drain or resume that is asked for.
constexpr base::Millis kPatience{std::chrono::minutes{15}};

std::string path_of(const std::string& name, std::string_view what = "") {
  return fmt::format("/v1/databases/{}{}", name, what);
}

}  // namespace

Result<Json> GatewayClient::ask(std::string_view method, const std::string& path, const Json& body) const {
  auto answer = system::http_request(target_, method, path, body, base::Deadline::after(kPatience));
  if (!answer) return std::unexpected(std::move(answer.error()).with_context("gateway"));
  return std::move(answer->body);
}

Result<> GatewayClient::serve(const api::ServedDatabase& database) const {
  TRY(ask("PUT", path_of(database.name), Json(database)));
  return {};
}

Result<> GatewayClient::forget(const std::string& name) const {
  TRY(ask("DELETE", path_of(name)));
  return {};
}

Result<api::GateStatus> GatewayClient::status(const std::string& name) const {
  return base::convert<api::GateStatus>(TRY(ask("GET", path_of(name))));
}

Result<std::vector<api::SessionView>> GatewayClient::sessions(const std::string& name) const {
  return base::convert<std::vector<api::SessionView>>(TRY(ask("GET", path_of(name, "/sessions"))));
}

Result<api::PrepareAnswer> GatewayClient::prepare(const std::string& name, const api::Prepare& asked) const {
  return base::convert<api::PrepareAnswer>(TRY(ask("POST", path_of(name, "/prepare"), Json(asked))));
}

Result<api::HoldAnswer> GatewayClient::hold(const std::string& name, const api::Hold& asked) const {
  return base::convert<api::HoldAnswer>(TRY(ask("POST", path_of(name, "/hold"), Json(asked))));
}

Result<> GatewayClient::set_maintenance(const std::string& name, const std::optional<api::Maintenance>& wanted) const {
  TRY(wanted ? ask("PUT", path_of(name, "/maintenance"), Json(*wanted)) : ask("DELETE", path_of(name, "/maintenance")));
  return {};
}

Result<> GatewayClient::move(const std::string& name, const api::Move& asked) const {
  TRY(ask("POST", path_of(name, "/move"), Json(asked)));
  return {};
}

Result<api::ResumeAnswer> GatewayClient::resume(const std::string& name, const api::Resume& asked) const {
  return base::convert<api::ResumeAnswer>(TRY(ask("POST", path_of(name, "/resume"), Json(asked))));
}

Result<api::CompareAnswer> GatewayClient::compare(const std::string& name, const api::Resume& asked) const {
  return base::convert<api::CompareAnswer>(TRY(ask("POST", path_of(name, "/compare"), Json(asked))));
}

Result<std::string> GatewayClient::metrics() const {
  auto answer =
      TRY(system::http_request(target_, "GET", "/metrics", nullptr, base::Deadline::after(std::chrono::seconds{2})));
  return std::move(answer.text);
}

}  // namespace pgbaton::runbooks
