// Maintenance of databases: nobody is let in, and whoever comes is told why and until when. The gateway carries it out
// and ends it at its time; the server keeps what was asked for, and makes the gateway agree with it again after anybody
// has died in between.
#pragma once

#include <mutex>

#include "server/turn.hpp"

namespace pgbaton::server {

/// maintenance/NAME in the store. It goes when the gateway has been told of its end.
struct MaintenanceRecord {
  std::string database;
  std::string created_at;  // of the database: a later one of the same name is not meant
  api::Maintenance maintenance;
  bool ended = false;
};
PGBATON_JSON(MaintenanceRecord, database, created_at, maintenance, ended)

class MaintenanceMode {
 public:
  explicit MaintenanceMode(const Shop& shop) : shop_(shop) {}
  MaintenanceMode(const MaintenanceMode&) = delete;
  MaintenanceMode& operator=(const MaintenanceMode&) = delete;

  /// `asked`: {message?, until?, grace_ms?}. Asked for while it is on: changed, its beginning stays. Code::unreachable
  /// when the gateway could not be told yet.
  [[nodiscard]] base::Result<base::Json> begin(const std::string& name, const base::Json& asked);
  /// Ending what is not on is no error.
  [[nodiscard]] base::Result<base::Json> end(const std::string& name);
  /// Tells the gateway what it does not know, and forgets what is over. Called again and again.
  [[nodiscard]] base::Result<> reconcile();

 private:
  [[nodiscard]] base::Result<> tell(const std::string& name, const std::optional<api::Maintenance>& wanted);
  [[nodiscard]] base::Result<> reconcile(const MaintenanceRecord& record);
  [[nodiscard]] base::Result<> finish(const std::string& name);
  [[nodiscard]] base::Result<> remove(const std::string& name);

  const Shop& shop_;
  std::mutex mutex_;  // one at a time: what is committed last is what the gateway is told last
};

/// What is in force now, of the database of this name.
[[nodiscard]] base::Result<std::optional<api::Maintenance>> maintenance_of(const Shop& shop,
                                                                           const model::Database& database);
/// {message, until, since, grace_ms}, or null.
[[nodiscard]] base::Json maintenance_view(const Shop& shop, const model::Database& database);

/// {message?, until?, grace_ms?} as what the gateway is told. `until` is a time, or how long from now: "30min".
[[nodiscard]] base::Result<api::Maintenance> parse_maintenance(const base::Json& asked, base::WallTime now);

}  // namespace pgbaton::server
