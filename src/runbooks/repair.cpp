// A standby that fell off is brought back: as it is, rewound, or built anew.
#include "runbooks/cluster.hpp"
#include "runbooks/gate.hpp"
#include "runbooks/switchover_steps.hpp"

namespace pgbaton::runbooks {
namespace {

using base::Millis;
using base::Result;
using model::Impact;

Result<> wait_for_it_no_more(Context& context) {
  const auto name = context.operation.request.at("node").get<std::string>();
  TRY(configure(context, model::primary_of(*context.database), Synchronous::as_it_is, {name}));
  return {};
}

Result<> rejoin_node(Context& context) {
  const auto name = context.operation.request.at("node").get<std::string>();
  const auto node = node_named(context, name);
  const auto answer = TRY(rejoin(context, node, context.database->engine));
  node_named(context, name).engine = context.database->engine;
  context.facts["rejoined"] = {{name, answer}};
  context.note(fmt::format("{}: {}{}", name, answer.method, answer.reason.empty() ? "" : ", because " + answer.reason));
  return {};
}

constexpr Step kSteps[] = {
    {{"announce", "Consumers of logical slots no longer wait for the standby.", Impact::none, Millis{50}},
     nullptr,
     wait_for_it_no_more,
     nullptr},
    {{"rejoin", "The standby follows the primary again: as it is, rewound, or from a new base backup.",
      Impact::degraded, Millis{2000}},
     nullptr,
     rejoin_node,
     nullptr},
    {{"synchronise", "All standbys have caught up.", Impact::degraded, Millis{300}}, nullptr, synchronise, nullptr},
};

}  // namespace

const Runbook kRepair{"repair", "Repair of a standby", model::DatabaseState::running, Fate::stays, kSteps};

}  // namespace pgbaton::runbooks
