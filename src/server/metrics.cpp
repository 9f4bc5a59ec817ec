#include "server/metrics.hpp"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include "system/process.hpp"

namespace pgbaton::server {

using base::Result;

namespace {

prometheus::Family<prometheus::Gauge>& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

void add_instances(prometheus::Registry& registry, const std::vector<api::InstanceStatus>& instances) {
  auto& up = gauge(registry, "pgbaton_instance_up", "1 while the instance accepts connections");
  auto& size = gauge(registry, "pgbaton_instance_size_bytes", "Disk space of the data directory");
  for (const auto& instance : instances) {
    const std::map<std::string, std::string> labels{
        {"database", instance.database}, {"instance", instance.name}, {"version", instance.version}};
    up.Add(labels).Set(instance.state == "running" ? 1 : 0);
    size.Add(labels).Set(static_cast<double>(instance.size.count));
  }
}

}  // namespace

// Collected anew at each scrape: what is shown is what is there now, and nothing has to be kept in step.
Result<std::string> render_metrics(const Shop& shop) {
  prometheus::Registry registry;
  auto& databases = gauge(registry, "pgbaton_databases", "Databases by state");
  const auto documents = TRY(shop.records.databases());
  for (const auto& document : documents)
    databases.Add({{"state", std::string{to_string(document.value.state)}}}).Increment();
  auto& operations = gauge(registry, "pgbaton_operations", "Operations by kind and state");
  auto& alarms =
      gauge(registry, "pgbaton_operation_alarm", "1 for a running operation whose step fails and is tried again");
  for (const auto& operation : TRY(shop.records.operations())) {
    operations.Add({{"kind", operation.kind}, {"state", std::string{to_string(operation.state)}}}).Increment();
    if (!model::has_ended(operation.state) && operation.error)
      alarms.Add({{"operation", operation.id}, {"database", operation.database}}).Set(1);
  }
  auto& agents_up = gauge(registry, "pgbaton_agent_up", "1 while the host's agent answers");
  std::vector<api::InstanceStatus> all;
  for (const auto& [host, agent] : shop.agents.all()) {
    const auto instances = agent->instances();
    agents_up.Add({{"host", host}}).Set(instances ? 1 : 0);
    if (instances) all.insert(all.end(), instances->begin(), instances->end());
  }
  add_instances(registry, all);
  add_replication(registry, shop, documents);
  add_backups(registry, shop, documents);
  gauge(registry, "pgbaton_server_resident_bytes", "Resident memory of the server")
      .Add({})
      .Set(static_cast<double>(system::resident_memory(::getpid()).count));
  const auto gateway = shop.gateway.metrics();
  gauge(registry, "pgbaton_gateway_up", "1 while the gateway answers").Add({}).Set(gateway ? 1 : 0);
  return prometheus::TextSerializer{}.Serialize(registry.Collect()) + gateway.value_or("");
}

}  // namespace pgbaton::server
