#include "gateway/maintenance.hpp"

namespace pgbaton::gateway {

namespace {

// "2026-11-28 01:00:00 UTC" of an RFC 3339 time in UTC, which is what the server writes; anything else as it is.
std::string time_for_people(const std::string& time) {
  constexpr std::size_t kToSeconds = 19;
  if (time.size() < kToSeconds || !time.ends_with('Z')) return time;
  auto text = time.substr(0, kToSeconds) + " UTC";
  text[10] = ' ';
  return text;
}

}  // namespace

// A time that cannot be read never passes: it does not let clients in, and cuts nobody's transaction.
MaintenanceStage stage_of(const api::Maintenance& maintenance, base::WallTime now) {
  if (const auto until = base::parse_rfc3339(maintenance.until); until && *until <= now) return MaintenanceStage::over;
  const auto since = base::parse_rfc3339(maintenance.since);
  if (since && *since + base::Millis{maintenance.grace_ms} <= now) return MaintenanceStage::cutting;
  return MaintenanceStage::letting_go;
}

std::string sentence_about(const std::string& database, const api::Maintenance& maintenance) {
  auto text = fmt::format("database \"{}\" is in maintenance", database);
  if (!maintenance.until.empty()) text += " until " + time_for_people(maintenance.until);
  if (!maintenance.message.empty()) text += ": " + maintenance.message;
  return text;
}

std::string hint_about(const api::Maintenance& maintenance) {
  return maintenance.until.empty() ? "Connect again later." : "Connect again then.";
}

}  // namespace pgbaton::gateway
