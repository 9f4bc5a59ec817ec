#include "server/lessor.hpp"

#include "system/pause.hpp"

namespace pgbaton::server {

using base::Millis;
using runbooks::LeaseBook;

namespace {

constexpr Millis kRenewEvery{500};
constexpr Millis kLookForHosts{500};

}  // namespace

std::vector<std::string> primaries_of(const std::string& host, const std::vector<Document<model::Database>>& databases,
                                      const std::vector<model::Operation>& operations) {
  std::vector<std::string> primaries;
  for (const auto& [database, revision] : databases) {
    if (database.nodes.empty() || model::primary_of(database).host != host) continue;
    const auto current = std::ranges::find(operations, database.current_operation, &model::Operation::id);
    const bool is_replaced = current != operations.end() && current->kind == runbooks::kFailover.kind;
    if (!is_replaced) primaries.push_back(model::primary_of(database).name);
  }
  return primaries;
}

void Lessor::run(const std::stop_token& stop) {
  std::map<std::string, std::jthread> renewing;
  while (!stop.stop_requested()) {
    const auto hosts = shop_.agents.all();
    std::erase_if(renewing, [&](const auto& entry) { return !hosts.contains(entry.first); });
    for (const auto& [host, agent] : hosts)
      if (host != model::kLocalHost && !renewing.contains(host))
        renewing[host] = std::jthread([this, host](const std::stop_token& ended) { renew_at(host, ended); });
    std::ignore = system::pause(stop, kLookForHosts);
  }
}

void Lessor::renew_at(const std::string& host, const std::stop_token& stop) {
  std::string clock;
  auto heard = LeaseBook::Steady::now();
  while (!stop.stop_requested()) {
    const auto databases = shop_.records.databases();
    const auto operations = shop_.records.operations();
    std::vector<std::string> instances;
    if (databases && operations && !clock.empty())
      instances = shop_.leases.grant(primaries_of(host, *databases, *operations), heard);
    if (const auto answer = shop_.agents.of_host(host).lease({clock, instances})) {
      clock = answer->clock;
      heard = LeaseBook::Steady::now();
    }
    std::ignore = system::pause(stop, kRenewEvery);
  }
}

}  // namespace pgbaton::server
