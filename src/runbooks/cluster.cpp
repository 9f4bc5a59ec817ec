#include "runbooks/cluster.hpp"

#include <thread>

#include "base/text.hpp"
#include "system/pause.hpp"

namespace pgbaton::runbooks {

using base::Bytes;
using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;
using model::Node;
using model::Role;

namespace {

constexpr Millis kLookAgain{50};
// A primary whose commits a standby has is replaced; its agent starts it again only when nobody has seen to that.
constexpr Millis kRestartAfter{8'000};

}  // namespace

// Side by side: a host that does not answer must not make the others look old.
std::vector<Observed> observe(const Agents& agents, const model::Database& database) {
  std::vector<Observed> all(database.nodes.size());
  std::vector<std::jthread> askers;
  for (std::size_t at = 0; at < all.size(); ++at) {
    all[at].node = database.nodes[at];
    const auto ask = [&agents, &one = all[at]] {
      if (auto status = agents.of(one.node).replication(one.node.name)) one.status = std::move(*status);
    };
    if (all[at].node.host == model::kLocalHost)
      ask();
    else
      askers.emplace_back(ask);
  }
  askers.clear();
  return all;
}

const Observed& of_node(const std::vector<Observed>& all, const std::string& name) {
  return *std::ranges::find(all, name, [](const Observed& one) { return one.node.name; });
}

namespace {

template <typename May>
const Observed* with_most_log(const std::vector<Observed>& all, May&& may) {
  const Observed* best = nullptr;
  for (const auto& one : all) {
    if (one.node.role != Role::standby || !one.status || !may(*one.status)) continue;
    if (best == nullptr || one.status->position > best->status->position) best = &one;
  }
  return best;
}

}  // namespace

const Observed* best_standby(const std::vector<Observed>& all) {
  return with_most_log(all, [](const auto& status) { return status.is_running && status.is_streaming; });
}

const Observed* most_advanced(const std::vector<Observed>& all) {
  return with_most_log(all, [](const auto& status) { return status.is_running && status.in_recovery; });
}

Bytes lag_of(const Observed& primary, const Observed& standby) {
  if (!primary.status || !standby.status || primary.status->position <= standby.status->position) return {0};
  return {static_cast<std::int64_t>(primary.status->position.position - standby.status->position.position)};
}

Node& node_named(Context& context, const std::string& name) {
  return *std::ranges::find(context.database->nodes, name, &Node::name);
}

bool is_spread(const model::Database& database) {
  return std::ranges::any_of(database.nodes,
                             [&](const Node& node) { return node.host != database.nodes.front().host; });
}

Result<> ensure_engine(const Context& context, const Node& node, const model::EngineId& engine) {
  if (node.host == model::kLocalHost) return {};
  const auto host = TRY(context.agents.of(node).host());
  if (std::ranges::find(host.engines, engine, &model::EngineManifest::id) != host.engines.end()) return {};
  const auto known = std::ranges::find(context.engines, engine, &model::EngineRecord::id);
  if (known == context.engines.end())
    return base::fail(base::Code::not_found, "there is no engine {}", model::to_string(engine));
  context.note(fmt::format("{} is installed on host {}.", model::to_string(engine), node.host));
  const model::FoundEngine found{known->id, known->source, known->package_version};
  TRY(context.job_on(node, api::JobKind::install_engine, Json(api::InstallEngine{found})));
  return {};
}

namespace {

// Any one of the standbys: with two of them one may be away and nobody waits for it.
std::string synchronous_names(const std::vector<Node>& standbys) {
  std::vector<std::string> names;
  for (const auto& standby : standbys) names.push_back('"' + standby.name + '"');
  return names.empty() ? "" : fmt::format("ANY 1 ({})", base::join(names, ", "));
}

}  // namespace

Result<api::ReplicationSettings> replication_of(const Context& context, const Node& node, Synchronous synchronous) {
  const auto& database = *context.database;
  api::ReplicationSettings settings{.password = database.replication_password};
  const bool is_alone = database.nodes.size() < 2;
  const bool is_elsewhere = node.host != model::kLocalHost;
  if (!is_alone || is_elsewhere) settings.listen_address = TRY(context.agents.address_of(node.host));
  if (is_elsewhere) settings.gateways.push_back(TRY(context.agents.address_of(model::kLocalHost)));
  settings.leased = is_elsewhere && is_spread(database);
  std::vector<Node> others;
  for (const auto& other : database.nodes)
    if (other.name != node.name) others.push_back(other);
  for (const auto& other : others) {
    settings.slots.push_back(other.name);
    const auto address = TRY(context.agents.address_of(other.host));
    if (std::ranges::find(settings.peers, address) == settings.peers.end()) settings.peers.push_back(address);
  }
  const bool is_synchronous = database.replication == model::Replication::synchronous;
  if (is_synchronous) settings.restart_after_ms = kRestartAfter.count();
  if (is_synchronous && synchronous == Synchronous::as_chosen && node.role == Role::primary)
    settings.synchronous = synchronous_names(others);
  return settings;
}

Result<api::ConfigureReplicationAnswer> configure(const Context& context, const Node& node, Synchronous synchronous,
                                                  const std::vector<std::string>& away) {
  auto settings = TRY(replication_of(context, node, synchronous));
  settings.away = away;
  return base::convert<api::ConfigureReplicationAnswer>(
      TRY(context.job_on(node, api::JobKind::configure_replication,
                         Json(api::ConfigureReplication{node.name, settings, synchronous == Synchronous::as_it_is}))));
}

Result<api::Upstream> upstream_of(const Context& context, const Node& standby) {
  const auto& primary = model::primary_of(*context.database);
  const auto address = TRY(context.agents.address_of(primary.host));
  return api::Upstream{.address = address,
                       .port = primary.port,
                       .password = context.database->replication_password,
                       .slot = standby.name};
}

Result<api::StartAnswer> start_node(const Context& context, const Node& node, const model::EngineId& engine) {
  TRY(ensure_engine(context, node, engine));
  return base::convert<api::StartAnswer>(
      TRY(context.job_on(node, api::JobKind::start_instance, Json(api::StartInstance{node.name, engine}))));
}

Result<> stop_node(const Context& context, const Node& node) {
  TRY(context.job_on(node, api::JobKind::stop_instance, Json(api::StopInstance{node.name})));
  return {};
}

Result<api::RejoinAnswer> rejoin(const Context& context, const Node& node, const model::EngineId& engine,
                                 const std::string& data) {
  TRY(ensure_engine(context, node, engine));
  const auto upstream = TRY(upstream_of(context, node));
  const auto replication = TRY(replication_of(context, node, Synchronous::no));
  const api::RejoinInstance wanted{
      .instance = node.name, .engine = engine, .upstream = upstream, .replication = replication, .data = data};
  return base::convert<api::RejoinAnswer>(TRY(context.job_on(node, api::JobKind::rejoin_instance, Json(wanted))));
}

Result<> poll_until(const Context& context, Deadline deadline, Millis pause,
                    const std::function<Result<bool>()>& condition) {
  while (!TRY(condition())) {
    if (context.stop.stop_requested()) return base::fail(Code::cancelled, "the operation was stopped");
    if (deadline.passed()) return base::fail(Code::timed_out, "the deadline has passed");
    std::ignore = system::pause(context.stop, pause);
  }
  return {};
}

Result<> await_streaming(const Context& context, const std::vector<Node>& standbys, Deadline deadline) {
  std::string missing;
  const auto all_stream = [&]() -> Result<bool> {
    missing.clear();
    const auto all = observe(context.agents, *context.database);
    const auto& primary = of_node(all, context.instance());
    for (const auto& standby : standbys) {
      const auto& now = of_node(all, standby.name);
      const bool streams = primary.status && now.status && now.status->is_streaming;
      if (!streams || lag_of(primary, now) > kCaughtUp) missing = standby.name;
    }
    return missing.empty();
  };
  auto done = poll_until(context, deadline, kLookAgain, all_stream);
  if (!done && done.error().code == Code::timed_out)
    return base::fail({Code::failed, fmt::format("standby {} does not replicate", missing),
                       "Look into its log: pgbaton show has its state."});
  return done;
}

Result<> all_replicate(const Context& context) {
  constexpr Millis kPatience{std::chrono::seconds{30}};
  const auto now = await_streaming(context, model::standbys_of(*context.database), Deadline::after(kPatience));
  if (now) return {};
  return base::fail({Code::refused, now.error().message, "Wait until pgbaton show says that all nodes replicate."});
}

Result<api::ServerAddress> address_for_gateway(const Agents& agents, const Node& node,
                                               const api::InstanceStatus& instance) {
  if (node.host == model::kLocalHost)
    return api::ServerAddress{.socket_folder = instance.socket_folder, .port = instance.port};
  const auto address = TRY(agents.address_of(node.host));
  const auto& tls = agents.tls();
  return api::ServerAddress{.port = instance.port,
                            .address = address,
                            .ca = tls / "ca.crt",
                            .certificate = tls / "gateway-client.crt",
                            .key = tls / "gateway-client.key"};
}

Result<api::ServerAddress> server_address(const Context& context, const Node& node) {
  const auto instance = TRY(context.agents.of(node).instance(node.name));
  return address_for_gateway(context.agents, node, instance);
}

}  // namespace pgbaton::runbooks
