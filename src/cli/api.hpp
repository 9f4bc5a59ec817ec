// The server's REST API as the commands use it, and how they find the server.
#pragma once

#include "cli/environment.hpp"
#include "cli/options.hpp"
#include "system/http_client.hpp"

namespace pgbaton::cli {

class Api {
 public:
  explicit Api(system::HttpTarget target) : target_(std::move(target)) {}
  /// --data, else PGBATON_SERVER, else PGBATON_DATA, else the one pgbaton that runs on this machine.
  [[nodiscard]] static base::Result<Api> find(const Options& options, const Environment& environment);

  [[nodiscard]] base::Result<base::Json> get(const std::string& path) const;
  [[nodiscard]] base::Result<base::Json> post(const std::string& path,
                                              const base::Json& body = base::Json::object()) const;
  [[nodiscard]] base::Result<base::Json> patch(const std::string& path, const base::Json& body) const {
    return request("PATCH", path, body);
  }
  [[nodiscard]] base::Result<base::Json> put(const std::string& path, const base::Json& body) const {
    return request("PUT", path, body);
  }
  [[nodiscard]] base::Result<base::Json> remove(const std::string& path) const;
  [[nodiscard]] const system::HttpTarget& target() const { return target_; }

 private:
  [[nodiscard]] base::Result<base::Json> request(std::string_view method, const std::string& path,
                                                 const base::Json& body) const;
  system::HttpTarget target_;
};

/// One part of a path, or a value of a query, percent-encoded.
[[nodiscard]] std::string encoded(std::string_view text);
/// /api/v1/databases/NAME followed by `rest`; a name that no database can have is Code::not_found.
[[nodiscard]] base::Result<std::string> database_path(const std::string& name, std::string_view rest = {});
/// /api/v1/operations/ID; an id that no operation can have is Code::not_found.
[[nodiscard]] base::Result<std::string> operation_path(const std::string& id, std::string_view rest = {});
/// /api/v1/engines/V; Code::invalid_argument for what is no version.
[[nodiscard]] base::Result<std::string> engine_path(const std::string& version, std::string_view rest = {});

/// "17", "17.12" or "17.12-deb13u1".
[[nodiscard]] base::Result<> check_version(const std::string& text);

}  // namespace pgbaton::cli
