// What /metrics has of databases with standbys: seen from both sides at each scrape.
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "runbooks/health.hpp"
#include "server/metrics.hpp"

namespace pgbaton::server {

using runbooks::Observed;
using runbooks::Trouble;

namespace {

using Labels = std::map<std::string, std::string>;

/// A gauge for each thing that the labels name.
class Gauges {
 public:
  Gauges(prometheus::Registry& registry, const char* name, const char* help)
      : family_(prometheus::BuildGauge().Name(name).Help(help).Register(registry)) {}
  void set(const Labels& labels, double value) { family_.Add(labels).Set(value); }

 private:
  prometheus::Family<prometheus::Gauge>& family_;
};

struct Families {
  explicit Families(prometheus::Registry& registry)
      : lag(registry, "pgbaton_replication_lag_bytes", "Log of the primary that is not on the standby's disk"),
        streaming(registry, "pgbaton_replication_streaming", "1 while the standby streams and its primary says so too"),
        trouble(registry, "pgbaton_replication_trouble", "1 for what is wrong with a standby's replication"),
        timeline(registry, "pgbaton_replication_timeline", "The timeline that the node is on"),
        retained(registry, "pgbaton_replication_slot_retained_bytes", "Log that is kept for the slot"),
        lost(registry, "pgbaton_replication_slot_lost", "1 for a slot whose log is gone") {}
  Gauges lag;
  Gauges streaming;
  Gauges trouble;
  Gauges timeline;
  Gauges retained;
  Gauges lost;
};

void add_standby(Families& families, const std::string& database, const Observed& standby, const Observed& primary) {
  const Labels labels{{"database", database}, {"instance", standby.node.name}};
  const auto trouble = runbooks::trouble_of(standby, primary);
  if (standby.status && primary.status)
    families.lag.set(labels, static_cast<double>(runbooks::lag_of(primary, standby).count));
  auto with_sync = labels;
  with_sync["sync_state"] = runbooks::sync_state_of(standby, primary);
  const bool is_well = runbooks::health_of(standby, primary) == runbooks::Health::well;
  families.streaming.set(with_sync, is_well ? 1 : 0);
  if (trouble == Trouble::none) return;
  auto with_text = labels;
  with_text["trouble"] = runbooks::sentence_about(trouble);
  families.trouble.set(with_text, 1);
}

void add_slots(Families& families, const std::string& database, const Observed& node) {
  for (const auto& slot : node.status->slots) {
    const Labels labels{{"database", database}, {"instance", node.node.name}, {"slot", slot.name}};
    families.retained.set(labels, static_cast<double>(slot.retained.count));
    families.lost.set(labels, slot.wal_status == "lost" ? 1 : 0);
  }
}

}  // namespace

void add_replication(prometheus::Registry& registry, const Shop& shop,
                     const std::vector<Document<model::Database>>& databases) {
  Families families{registry};
  for (const auto& document : databases) {
    const auto& database = document.value;
    if (database.nodes.size() < 2) continue;
    const auto all = runbooks::observe(shop.agents, database);
    const auto& primary = runbooks::of_node(all, model::primary_of(database).name);
    for (const auto& one : all) {
      if (one.node.role == model::Role::standby) add_standby(families, database.name, one, primary);
      if (!one.status) continue;
      families.timeline.set({{"database", database.name}, {"instance", one.node.name}}, one.status->timeline);
      add_slots(families, database.name, one);
    }
  }
}

}  // namespace pgbaton::server
