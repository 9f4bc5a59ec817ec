// One action of one operation: read the records, commit what is about to happen, do it, commit what came of it.
#pragma once

#include "runbooks/runbook.hpp"
#include "server/config.hpp"
#include "server/records.hpp"

namespace pgbaton::server {

/// What all turns of a server share.
struct Shop {
  const Config& config;
  Records& records;
  runbooks::Agents& agents;
  const runbooks::GatewayClient& gateway;
  runbooks::LeaseBook& leases;
  const catalog::Catalog& catalog;
};

struct TurnOptions {
  int attempt = 0;
  bool agent_may_be_away = true;  // a step that fails because of that is an error of the turn, not of the step
  std::stop_token stop;
  runbooks::AgentClient::OnProgress on_progress;
};

enum class More { yes, no };

/// An error means that the same turn is to be taken again: the agent or the store did not answer, an undo failed, a
/// step failed past the point of no return, or the operation was changed meanwhile (Code::busy).
[[nodiscard]] base::Result<More> take_turn(const Shop& shop, const std::string& operation_id,
                                           const TurnOptions& options);

}  // namespace pgbaton::server
