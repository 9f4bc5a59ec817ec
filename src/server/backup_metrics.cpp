#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "server/backups.hpp"
#include "server/metrics.hpp"
#include "system/clock.hpp"

namespace pgbaton::server {

namespace {

prometheus::Family<prometheus::Gauge>& backup_gauge(prometheus::Registry& registry, const char* name,
                                                    const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

double age_seconds(const base::Json& rfc3339) {
  if (!rfc3339.is_string()) return -1;
  const auto time = base::parse_rfc3339(rfc3339.get<std::string>());
  return time ? std::chrono::duration<double>(system::now() - *time).count() : -1;
}

}  // namespace

void add_backups(prometheus::Registry& registry, const Shop& shop,
                 const std::vector<Document<model::Database>>& databases) {
  auto& age =
      backup_gauge(registry, "pgbaton_backup_age_seconds", "Since the newest base backup ended; -1: there is none");
  auto& window = backup_gauge(registry, "pgbaton_restore_window_seconds",
                              "How far back the database can be restored; -1: not at all");
  auto& waiting = backup_gauge(registry, "pgbaton_archive_waiting_segments",
                               "Finished segments of the log that are not in the repository yet");
  auto& failing = backup_gauge(registry, "pgbaton_archive_failing", "1 while the log does not get into the repository");
  auto& unreadable = backup_gauge(registry, "pgbaton_repository_unreadable", "1 while the repository does not answer");
  auto& tail = backup_gauge(registry, "pgbaton_restore_lag_seconds",
                            "How far the end of what can be restored is behind; -1: the log is not streamed");
  auto& tail_bytes = backup_gauge(registry, "pgbaton_restore_lag_bytes", "Of the log that is not streamed yet");
  for (const auto& document : databases) {
    const auto known = backups_in_short(shop.agents, document.value);
    if (!known.is_object()) continue;
    const std::map<std::string, std::string> labels{{"database", document.value.name}};
    age.Add(labels).Set(age_seconds(known.at("newest")));
    window.Add(labels).Set(age_seconds(known.at("window").at("earliest")));
    const auto& stream = known.at("archiving").at("tail");
    const bool streams = stream.at("state") == "streaming";
    tail.Add(labels).Set(streams ? stream.at("lag_ms").get<double>() / 1000 : -1);
    tail_bytes.Add(labels).Set(streams ? stream.at("lag_bytes").get<double>() : -1);
    waiting.Add(labels).Set(known.at("archiving").value("waiting_segments", 0.0));
    unreadable.Add(labels).Set(known.value("problem", "").empty() ? 0 : 1);
    failing.Add(labels).Set(known.at("archiving").value("state", "") == "on" ? 0 : 1);
  }
}

}  // namespace pgbaton::server
