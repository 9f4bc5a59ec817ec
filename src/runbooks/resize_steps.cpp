#include "runbooks/resize_steps.hpp"

#include "base/text.hpp"
#include "runbooks/gate.hpp"
#include "runbooks/place.hpp"

namespace pgbaton::runbooks {

using base::Bytes;
using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;
using model::Node;

namespace {

constexpr Millis kReplicatesNow{std::chrono::seconds{30}};
constexpr Millis kComesBack{std::chrono::minutes{30}};
constexpr Millis kCopied{std::chrono::hours{2}};
constexpr Millis kLookForReplay{50};

std::vector<Node> added_nodes(const Context& context, const Resize& resize) {
  std::vector<Node> added;
  for (const auto& node : context.database->nodes)
    if (std::ranges::find(resize.present, node.name) == resize.present.end()) added.push_back(node);
  return added;
}

std::vector<Node> standbys_before(const Context& context, const Resize& resize) {
  auto standbys = model::standbys_of(*context.database);
  std::erase_if(standbys,
                [&](const Node& node) { return std::ranges::find(resize.present, node.name) == resize.present.end(); });
  return standbys;
}

// Who is connected goes on being connected: a node has no more places than its memory allows.
Result<> check_room(const Context& context, const Resize& resize) {
  const int room = model::client_connections(resize.to.memory);
  if (context.database->park_after_ms > 0 || resize.to.memory >= resize.from.memory) return {};
  const auto status = TRY(context.gateway.status(context.database->name));
  if (status.sessions <= room) return {};
  return base::fail({Code::refused,
                     fmt::format("{} sessions are connected, and {} has room for {}", status.sessions,
                                 model::to_string(resize.to), room),
                     "End some, let idle ones be parked (pgbaton configure --park-after), or choose more memory."});
}

Result<> check_space(const Context& context, const std::vector<Node>& added) {
  if (added.empty()) return {};
  const auto size = TRY(context.agent.instance(context.instance()))
  .size;
  std::map<std::string, int> by_host;
  for (const auto& node : added) ++by_host[node.host];
  for (const auto& [host, count] : by_host) {
    const auto free = TRY(context.agents.of_host(host).host())
    .free_space;
    if (free < size * count)
      return base::fail(
          {Code::refused,
           fmt::format("host {} has {} free, and {} need {}", host, base::humanise(free),
                       base::counted(static_cast<std::size_t>(count), "standby"), base::humanise(size * count)),
           "Make room there."});
  }
  return {};
}

// A standby keeps the connections of its primary until it has replayed that there are fewer.
Result<> await_replay(const Context& context, const Node& standby) {
  const auto wanted = TRY(context.agent.replication(context.instance()))
  .position;
  return poll_until(context, Deadline::after(kComesBack), kLookForReplay, [&]() -> Result<bool> {
    const auto now = context.agents.of(standby).replication(standby.name);
    return now && now->replayed >= wanted;
  });
}

Result<> resize_standby(Context& context, const Node& standby, Bytes memory) {
  TRY(await_replay(context, standby));
  TRY(set_memory(context, standby, memory));
  TRY(stop_node(context, standby));
  TRY(start_node(context, standby, standby.engine));
  return await_streaming(context, {standby}, Deadline::after(kComesBack));
}

}  // namespace

Result<Resize> resize_of(const Context& context) {
  return base::convert<Resize>(context.operation.request.at("resize"));
}

Result<> set_memory(Context& context, const Node& node, Bytes memory) {
  TRY(context.job_on(node, api::JobKind::resize_instance, Json(api::ResizeInstance{node.name, memory})));
  return {};
}

Result<> check_resize(Context& context) {
  const auto resize = TRY(resize_of(context));
  const auto now = await_streaming(context, model::standbys_of(*context.database), Deadline::after(kReplicatesNow));
  if (!now)
    return base::fail({Code::refused, now.error().message, "Wait until pgbaton show says that all nodes replicate."});
  return check_room(context, resize);
}

Result<> place_more(Context& context) {
  const auto resize = TRY(resize_of(context));
  TRY(place_with_standbys(context, model::standbys_wanted(resize.to.topology)));
  return check_space(context, added_nodes(context, resize));
}

Result<> forget_places(Context& context) {
  const auto resize = TRY(resize_of(context));
  const auto added = added_nodes(context, resize);
  if (added.empty()) return {};
  std::erase_if(context.database->nodes,
                [&](const Node& node) { return std::ranges::find(added, node.name, &Node::name) != added.end(); });
  TRY(configure(context, model::primary_of(*context.database), Synchronous::as_chosen));
  return {};
}

Result<> announce_more(Context& context) {
  const auto resize = TRY(resize_of(context));
  if (added_nodes(context, resize).empty()) return {};
  TRY(configure(context, model::primary_of(*context.database), Synchronous::as_chosen));
  return {};
}

Result<> copy_more(Context& context) {
  const auto resize = TRY(resize_of(context));
  const auto added = added_nodes(context, resize);
  for (const auto& node : added) TRY(add_standby(context, node, resize.to.memory));
  return await_streaming(context, added, Deadline::after(kCopied));
}

Result<> remove_more(Context& context) {
  const auto resize = TRY(resize_of(context));
  for (const auto& node : added_nodes(context, resize))
    TRY(context.job_on(node, api::JobKind::destroy_instance, Json(api::InstanceName{node.name})));
  return {};
}

Result<> resize_standbys(Context& context) {
  const auto resize = TRY(resize_of(context));
  for (const auto& standby : standbys_before(context, resize)) TRY(resize_standby(context, standby, resize.to.memory));
  return {};
}

Result<> standbys_as_before(Context& context) {
  const auto resize = TRY(resize_of(context));
  for (const auto& standby : standbys_before(context, resize)) {
    TRY(set_memory(context, standby, resize.from.memory));
    TRY(stop_node(context, standby));
    // Not merely started: it may have been promoted on the way here.
    TRY(rejoin(context, standby, standby.engine));
  }
  return {};
}

Result<> adopt_plan(Context& context) {
  const auto resize = TRY(resize_of(context));
  context.database->plan = resize.to;
  context.database->replication = resize.to_replication;
  return {};
}

Result<> give_plan_up(Context& context) {
  const auto resize = TRY(resize_of(context));
  context.database->plan = resize.from;
  context.database->replication = resize.from_replication;
  TRY(configure(context, model::primary_of(*context.database), Synchronous::as_chosen));
  return {};
}

Result<> settle_nodes(Context& context) {
  const auto standbys = model::standbys_of(*context.database);
  for (const auto& standby : standbys) TRY(configure(context, standby, Synchronous::no));
  TRY(await_streaming(context, standbys, Deadline::after(kComesBack)));
  TRY(configure(context, model::primary_of(*context.database), Synchronous::as_chosen));
  return serve(context);
}

// The primary first: its commits must not wait for who goes, and no log may be kept for it.
Result<> remove_surplus(Context& context) {
  const auto resize = TRY(resize_of(context));
  auto surplus = model::standbys_of(*context.database);
  const auto wanted = static_cast<std::size_t>(model::standbys_wanted(resize.to.topology));
  if (surplus.size() <= wanted) return {};
  surplus.erase(surplus.begin(), surplus.begin() + static_cast<std::ptrdiff_t>(wanted));
  std::erase_if(context.database->nodes,
                [&](const Node& node) { return std::ranges::find(surplus, node.name, &Node::name) != surplus.end(); });
  TRY(configure(context, model::primary_of(*context.database), Synchronous::as_chosen));
  for (const auto& standby : model::standbys_of(*context.database)) TRY(configure(context, standby, Synchronous::no));
  for (const auto& node : surplus) {
    TRY(context.job_on(node, api::JobKind::destroy_instance, Json(api::InstanceName{node.name})));
    context.note(fmt::format("{} is removed.", node.name));
  }
  return serve(context);
}

// What the running servers say of themselves.
Result<> certify_resize(Context& context) {
  constexpr auto kAsk =
      "SELECT current_setting('shared_buffers') AS shared_buffers, current_setting('max_connections') AS "
      "max_connections, current_setting('synchronous_standby_names') AS synchronous_standby_names";
  const auto resize = TRY(resize_of(context));
  Json nodes = Json::array();
  for (const auto& node : context.database->nodes) {
    auto row = TRY(context.agents.of(node).query(node.name, {"postgres", kAsk}))
    .rows.at(0);
    row["name"] = node.name;
    row["role"] = node.role;
    nodes.push_back(std::move(row));
  }
  context.facts["certificate"] = {{"from_plan", resize.from},
                                  {"plan", resize.to},
                                  {"replication", resize.to_replication},
                                  {"nodes", std::move(nodes)}};
  return {};
}

}  // namespace pgbaton::runbooks
