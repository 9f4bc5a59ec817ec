// The server's side of api/gateway.hpp.
#pragma once

#include "api/gateway.hpp"
#include "system/http_client.hpp"

namespace pgbaton::runbooks {

class GatewayClient {
 public:
  explicit GatewayClient(system::HttpTarget target) : target_(std::move(target)) {}

  [[nodiscard]] base::Result<> serve(const api::ServedDatabase& database) const;
  [[nodiscard]] base::Result<> forget(const std::string& name) const;
  [[nodiscard]] base::Result<api::GateStatus> status(const std::string& name) const;
  [[nodiscard]] base::Result<std::vector<api::SessionView>> sessions(const std::string& name) const;
  [[nodiscard]] base::Result<api::PrepareAnswer> prepare(const std::string& name, const api::Prepare& asked) const;
  [[nodiscard]] base::Result<api::HoldAnswer> hold(const std::string& name, const api::Hold& asked) const;
  /// Absent: it ends.
  [[nodiscard]] base::Result<> set_maintenance(const std::string& name,
                                               const std::optional<api::Maintenance>& wanted) const;
  [[nodiscard]] base::Result<> move(const std::string& name, const api::Move& asked) const;
  [[nodiscard]] base::Result<api::ResumeAnswer> resume(const std::string& name, const api::Resume& asked) const;
  [[nodiscard]] base::Result<api::CompareAnswer> compare(const std::string& name, const api::Resume& asked) const;
  [[nodiscard]] base::Result<std::string> metrics() const;

 private:
  [[nodiscard]] base::Result<base::Json> ask(std::string_view method, const std::string& path,
                                             const base::Json& body = nullptr) const;
  system::HttpTarget target_;
};

}  // namespace pgbaton::runbooks
