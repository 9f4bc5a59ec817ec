// The major-upgrade of a database with standbys: the primary as in a single-node database, the standbys stopped at its
// last checkpoint and made anew from it afterwards. What they had stays beside: whole in every transfer mode, it is the
// way back.
#include "base/text.hpp"
#include "runbooks/cluster.hpp"
#include "runbooks/major_steps.hpp"
#include "runbooks/switchover_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;
using model::Impact;
using model::Node;

// ---- check

// Each standby's new data directory comes beside the old one.
Result<> check_space(const Context& context) {
  const auto size = TRY(context.agent.instance(context.instance()))
  .size;
  std::map<std::string, base::Bytes> needed;
  for (const auto& standby : model::standbys_of(*context.database)) {
    auto& sum = needed[standby.host];
    sum.count += size.count;
    const auto free = TRY(context.agents.of(standby).host())
    .free_space;
    if (free.count >= sum.count) continue;
    return base::fail({Code::refused,
                       fmt::format("host {} has {} free, and the standbys made anew there need {} beside what is kept",
                                   standby.host, base::humanise(free), base::humanise(sum)),
                       "Make room there: `pgbaton finalize` gives up what an earlier upgrade has kept."});
  }
  return {};
}

// pg_basebackup takes no folder that is not empty, and that of a tablespace has the old version's files: what could not
// be made anew afterwards is refused before anything goes down.
Result<> check_tablespaces(const Context& context) {
  const auto answer = TRY(context.agent.query(
      context.instance(), {"postgres", "SELECT spcname FROM pg_tablespace WHERE oid >= 16384 ORDER BY 1"}));
  std::vector<std::string> names;
  for (const auto& row : answer.rows) names.push_back(row.at("spcname").get<std::string>());
  if (names.empty()) return {};
  return base::fail(
      {Code::refused,
       fmt::format("standbys with tablespaces ({}) cannot be made anew beside their old data", base::join(names, ", ")),
       "Move what is in them to pg_default and drop them, or upgrade as a starter database."});
}

Result<> check_cluster(Context& context) {
  TRY(check_tablespaces(context));
  TRY(check_major(context));
  TRY(all_replicate(context));
  return check_space(context);
}

// ---- target

Result<> prepare_cluster(Context& context) {
  const auto wanted = TRY(major_target(context));
  for (const auto& node : context.database->nodes) TRY(ensure_engine(context, node, wanted.engine));
  return prepare_target(context);
}

// ---- checkpoint

Result<> checkpoint_all(Context& context) {
  TRY(take_checkpoint(context));
  for (const auto& standby : model::standbys_of(*context.database))
    TRY(context.job_on(standby, api::JobKind::checkpoint_instance, Json(api::InstanceName{standby.name})));
  return {};
}

// ---- stop

// A standby's shutdown writes down the last checkpoint that it has replayed: that must be the primary's last.
Result<> stop_standby_at(const Context& context, const Node& standby, base::Lsn end) {
  constexpr Millis kPatience{10'000};
  constexpr Millis kPause{5};
  const auto replayed = poll_until(context, Deadline::after(kPatience), kPause, [&]() -> Result<bool> {
    const auto now = TRY(context.agents.of(standby).replication(standby.name));
    return !now.is_running || now.replayed > end;
  });
  if (!replayed && replayed.error().code != Code::timed_out) return replayed;
  const auto stopped = TRY(base::convert<api::StopAnswer>(
      TRY(context.job_on(standby, api::JobKind::stop_instance, Json(api::StopInstance{standby.name})))));
  if (stopped.shutdown_checkpoint == end) return {};
  return base::fail({Code::failed,
                     fmt::format("standby {} was stopped at {}, the primary at {}: it does not have all of the log",
                                 standby.name, base::to_string(stopped.shutdown_checkpoint), base::to_string(end)),
                     "Wait until pgbaton show says that all nodes replicate, then start the upgrade again."});
}

// Whose standbys are gone must not wait for them with its commits.
Result<> stop_cluster(Context& context) {
  TRY(stop_held(context));
  const auto stopped = TRY(base::convert<api::StopAnswer>(context.facts["stop"]));
  for (const auto& standby : model::standbys_of(*context.database))
    TRY(stop_standby_at(context, standby, stopped.shutdown_checkpoint));
  TRY(configure(context, model::primary_of(*context.database), Synchronous::no));
  return {};
}

// Clients are waiting: a standby that does not start is not waited for, it is repaired afterwards.
Result<> start_old_cluster(Context& context) {
  if (TRY(is_on_new_for_good(context, TRY(major_target(context))))) return {};
  TRY(configure(context, model::primary_of(*context.database), Synchronous::as_chosen));
  TRY(start_old_major(context));
  for (const auto& standby : model::standbys_of(*context.database)) {
    const auto started = start_node(context, standby, standby.engine);
    if (!started) context.note(fmt::format("{} does not run yet: {}", standby.name, started.error().message));
  }
  return {};
}

// ---- resume

Result<> go_on_with_new_primary(Context& context) {
  TRY(go_on_with_new(context));
  const auto stopped = TRY(base::convert<api::StopAnswer>(context.operation.facts.at("stop")));
  auto& kept = *context.database->kept;
  kept.checkpoint = stopped.shutdown_checkpoint;
  for (const auto& one : TRY(data_of_nodes(context)))
    if (one.node != kept.node) kept.standbys.push_back({one.node, one.from});
  return {};
}

// ---- standbys

Result<> rebuild_standbys(Context& context) {
  context.facts["rejoined"] = Json::object();
  for (const auto& one : TRY(data_of_nodes(context))) {
    const auto node = node_named(context, one.node);
    if (node.role == model::Role::primary) continue;
    context.facts["rejoined"][one.node] = TRY(rejoin(context, node, context.database->engine, one.to));
    node_named(context, one.node).engine = context.database->engine;
  }
  return {};
}

// ---- certify

Result<> certify_cluster(Context& context) {
  TRY(certify_major(context));
  auto& certificate = context.facts["certificate"];
  certificate["standbys"] = context.operation.facts.at("rejoined");
  certificate["kept_standbys"] = context.database->kept ? Json(context.database->kept->standbys) : Json::array();
  return {};
}

constexpr Step kMajorClusterSteps[] = {
    {{"check",
      "Whether the upgrade can go through is checked, on all nodes, and the restore of the schema is rehearsed.",
      Impact::none, Millis{6'000}},
     nullptr,
     check_cluster,
     nullptr},
    {{"target", "The new version's data directory is made ready beside the primary's old one.", Impact::none,
      Millis{2'000}},
     nullptr,
     prepare_cluster,
     discard_target},
    {{"safety", "A backup that restores up to now is made sure of; one is taken where there is none.", Impact::none,
      Millis{1'500}},
     nullptr,
     make_safety_point,
     nullptr},
    {{"checkpoint", "CHECKPOINTs are taken on all nodes, so that the stop is short.", Impact::none, Millis{400}},
     nullptr,
     checkpoint_all,
     nullptr},
    {{"prepare", "The sessions of connected clients are read, so that they can be carried over.", Impact::none,
      Millis{20}},
     nullptr,
     prepare,
     nullptr},
    {{"hold", "Clients are held where nothing of theirs is in flight; they stay connected and wait.", Impact::stall,
      Millis{20}},
     nullptr,
     hold_for_pg_upgrade,
     resume},
    {{"digest", "Rows of the tables are read for the certificate: a sample, or all where that was asked for.",
      Impact::stall, Millis{60}},
     nullptr,
     digest_old,
     nullptr},
    {{"stop",
      "The entire cluster is stopped, every standby at the primary's last checkpoint. The database is unreachable.",
      Impact::stall, Millis{500}},
     nullptr,
     stop_cluster,
     start_old_cluster},
    {{"convert", "pg_upgrade is executed on the primary's data; the standbys' data stay as they are.", Impact::stall,
      Millis{2'500}},
     nullptr,
     convert,
     take_back},
    {{"start", "The primary instance is started with the targeted version, for pgbaton only.", Impact::stall,
      Millis{300}},
     nullptr,
     start_new,
     nullptr},
    {{"reach", "The new version answers and goes on where the old one had ended.", Impact::stall, Millis{50}},
     nullptr,
     reach_new,
     nullptr},
    {{"extensions", "Extensions are updated where the targeted version brings a newer one.", Impact::stall,
      Millis{100}},
     nullptr,
     update_extensions_of_major,
     nullptr},
    {{"rebuild", "Indexes whose order the new version sees differently are rebuilt before anybody writes to them.",
      Impact::stall, Millis{20}, true},
     nullptr,
     rebuild,
     nullptr},
    {{"verify", "The same rows are read again and compared.", Impact::stall, Millis{60}}, nullptr, digest_new, nullptr},
    {{"resume", "The database is opened: the clients' sessions are re-created on the new version and go on.",
      Impact::stall, Millis{100}},
     nullptr,
     go_on_with_new_primary,
     nullptr},
    {{"compare", "The re-created sessions are compared with what they were.", Impact::none, Millis{300}},
     nullptr,
     compare,
     nullptr},
    {{"statistics", "ANALYZE is executed, so that queries are planned well. There is no standby until the next steps.",
      Impact::degraded, Millis{3'000}},
     nullptr,
     analyze,
     nullptr},
    {{"aftercare", "What the release notes ask for afterwards is done, or listed.", Impact::degraded, Millis{50}},
     nullptr,
     aftercare_of_major,
     nullptr},
    {{"standbys", "The standby instances are rebuilt from the primary's data, beside their old data, which are kept.",
      Impact::degraded, Millis{4'000}},
     nullptr,
     rebuild_standbys,
     nullptr},
    {{"synchronise", "All standbys have caught up; the cluster is fully operational again.", Impact::degraded,
      Millis{300}},
     nullptr,
     synchronise,
     nullptr},
    {{"tidy", "The version before the old one, if it was still kept, is deleted.", Impact::none, Millis{50}},
     nullptr,
     remove_superseded,
     nullptr},
    {{"certify", "The certificate is written. The old version's data are kept until you finalize.", Impact::none,
      Millis{5}},
     nullptr,
     certify_cluster,
     nullptr},
};

}  // namespace

const Runbook kMajorCluster{"major-cluster", "Major-upgrade of a database with standbys",
                            model::DatabaseState::upgrading, Fate::stays, kMajorClusterSteps};

}  // namespace pgbaton::runbooks
