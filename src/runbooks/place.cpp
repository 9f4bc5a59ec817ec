#include "runbooks/place.hpp"

#include <random>
#include <set>
#include <tuple>

namespace pgbaton::runbooks {

using base::Code;
using base::Json;
using base::Result;
using model::Node;
using model::Role;

namespace {

struct Range {
  int first = 0;
  int last = 0;
};

Range parse_range(const std::string& text) {
  Range range;
  std::sscanf(text.c_str(), "%d-%d", &range.first, &range.last);
  return range;
}

Result<int> free_gateway_port(const Context& context) {
  const auto host = TRY(context.agents.local().host(context.gateway_ports));
  const auto [first, last] = parse_range(context.gateway_ports);
  for (int port = first; port <= last; ++port) {
    const bool ours = std::ranges::find(context.taken_ports, port) != context.taken_ports.end();
    const bool foreign = std::ranges::find(host.busy_ports, port) != host.busy_ports.end();
    if (!ours && !foreign) return port;
  }
  return base::fail(
      {Code::refused, fmt::format("no port of {} is free", context.gateway_ports),
       "Destroy a database, stop what else listens there, or start pgbaton with a wider --gateway-ports."});
}

std::string next_name(const model::Database& database) {
  for (int number = 1;; ++number) {
    auto name = fmt::format("{}_{}", database.name, number);
    if (std::ranges::find(database.nodes, name, &Node::name) == database.nodes.end()) return name;
  }
}

}  // namespace

// Chosen at random, so that several pgbatons of one host that look at the same moment do not choose the same.
Result<int> free_node_port(const Context& context, const std::string& host) {
  const auto range = parse_range(context.node_ports);
  std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> any{range.first, range.last};
  constexpr int kAttempts = 100;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int port = any(random);
    if (context.taken_node_ports.contains(port)) continue;
    const auto now = TRY(context.agents.of_host(host).host(fmt::format("{}-{}", port, port)));
    if (now.busy_ports.empty()) return port;
  }
  return base::fail({Code::refused, fmt::format("no port of {} is free on host {}", context.node_ports, host),
                     "Give the nodes a wider range: node_ports in the server's settings."});
}

std::vector<std::string> hosts_by_preference(const std::map<std::string, int>& nodes_by_host,
                                             const std::vector<Node>& present) {
  std::vector<std::string> hosts;
  for (const auto& [host, count] : nodes_by_host) hosts.push_back(host);
  std::ranges::stable_sort(hosts, {}, [&](const std::string& host) {
    return std::tuple{std::ranges::count(present, host, &Node::host), nodes_by_host.at(host),
                      host != model::kLocalHost};
  });
  return hosts;
}

Result<> place_nodes(Context& context) {
  return place_with_standbys(context, model::standbys_wanted(context.database->plan.topology));
}

Result<> place_with_standbys(Context& context, int standbys) {
  auto& database = *context.database;
  if (database.port == 0) database.port = TRY(free_gateway_port(context));
  const auto wanted = static_cast<std::size_t>(standbys) + 1;
  while (database.nodes.size() < wanted) {
    const auto host = hosts_by_preference(context.nodes_by_host, database.nodes).front();
    const auto port = TRY(free_node_port(context, host));
    context.taken_node_ports.insert(port);
    database.nodes.push_back({.name = next_name(database),
                              .role = database.nodes.empty() ? Role::primary : Role::standby,
                              .engine = database.engine,
                              .host = host,
                              .port = port});
  }
  return {};
}

Result<> create_primary(Context& context) {
  const auto& primary = model::primary_of(*context.database);
  TRY(ensure_engine(context, primary, primary.engine));
  TRY(context.job_on(primary, api::JobKind::create_instance, Json(instance_for(*context.database, primary))));
  return {};
}

std::optional<api::BackupSettings> backup_settings(const model::Database& database) {
  if (database.backup_key.empty()) return std::nullopt;
  return api::BackupSettings{database.backup_key, model::retention_days(database.plan.topology)};
}

api::CreateInstance instance_for(const model::Database& database, const Node& node) {
  return {.instance = node.name,
          .engine = node.engine,
          .memory = database.plan.memory,
          .locale = database.locale,
          .port = node.port,
          .backup = backup_settings(database)};
}

Result<> add_standby(Context& context, const Node& standby, base::Bytes memory) {
  const auto upstream = TRY(upstream_of(context, standby));
  const auto replication = TRY(replication_of(context, standby, Synchronous::no));
  api::CreateStandby wanted{
      .instance = instance_for(*context.database, standby), .upstream = upstream, .replication = replication};
  wanted.instance.memory = memory;
  TRY(ensure_engine(context, standby, standby.engine));
  TRY(context.job_on(standby, api::JobKind::create_standby, Json(wanted)));
  TRY(start_node(context, standby, standby.engine));
  return {};
}

Result<> remove_nodes(Context& context) {
  for (const auto& node : context.database->nodes)
    TRY(context.job_on(node, api::JobKind::destroy_instance, Json(api::InstanceName{node.name})));
  for (const auto& node : context.database->nodes)
    TRY(context.job_on(node, api::JobKind::remove_backups, Json(api::RemoveBackups{context.database->name})));
  return {};
}

}  // namespace pgbaton::runbooks
