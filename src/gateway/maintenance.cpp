#include "gateway/maintenance.hpp"

namespace pgbaton::gateway {

// A time that cannot be read never passes: it does not let clients in, and cuts nobody's transaction.
MaintenanceStage stage_of(const api::Maintenance& maintenance, base::WallTime now) {
  if (const auto until = base::parse_rfc3339(maintenance.until); until && *until <= now) return MaintenanceStage::over;
  const auto since = base::parse_rfc3339(maintenance.since);
  if (since && *since + base::Millis{maintenance.grace_ms} <= now) return MaintenanceStage::cutting;
  return MaintenanceStage::letting_go;
}

std::string sentence_about(const std::string& database, const api::Maintenance& maintenance) {
  auto text = fmt::format("database \"{}\" is in maintenance", database);
  if (!maintenance.until.empty()) text += " until " + base::short_time(maintenance.until) + " UTC";
  if (!maintenance.message.empty()) text += ": " + maintenance.message;
  return text;
}

std::string hint_about(const api::Maintenance& maintenance) {
  return maintenance.until.empty() ? "Connect again later." : "Connect again then.";
}

}  // namespace pgbaton::gateway
