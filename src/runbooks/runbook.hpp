// Runbooks: tables of steps with the functions that carry them out. Each is a file that reads like its list.
#pragma once

#include <functional>
#include <set>
#include <stop_token>

#include "catalog/offers.hpp"
#include "model/database.hpp"
#include "operation/runbook.hpp"
#include "runbooks/agents.hpp"
#include "runbooks/gateway_client.hpp"
#include "runbooks/lease_book.hpp"

namespace pgbaton::runbooks {

/// What a step works with. `database` and `engine` are the store's records: what a step changes in them is committed
/// together with its end. `facts` are merged into the operation's.
struct Context {
  const Agents& agents;
  const AgentClient& agent;  // of the primary's host when the step began
  const GatewayClient& gateway;
  LeaseBook& leases;
  const catalog::Catalog& catalog;
  model::Operation operation;
  std::optional<model::Database> database;
  std::optional<model::EngineRecord> engine;
  std::vector<model::EngineRecord> engines;  // all that are known; read only
  base::Json facts = base::Json::object();
  std::optional<model::PreflightRecord> preflight;  // what a step found, kept whether it ends well or not
  std::string gateway_ports;
  std::vector<int> taken_ports;  // of all other databases
  std::string node_ports;
  std::set<int> taken_node_ports;            // of all nodes
  std::map<std::string, int> nodes_by_host;  // how many nodes of all databases each host has
  bool auto_release = true;
  int attempt = 0;
  std::stop_token stop;
  AgentClient::OnProgress on_progress;
  std::function<void(const std::string&)> note;  // a line for the operation's history

  /// Runs a job of this step to its end. Its id tells step, direction, generation and attempt apart.
  [[nodiscard]] base::Result<base::Json> job(api::JobKind kind, const base::Json& parameters) const;
  /// Without the operation's database: a job about the host.
  [[nodiscard]] base::Result<base::Json> host_job(api::JobKind kind, const base::Json& parameters) const;
  /// By the agent of the node's host.
  [[nodiscard]] base::Result<base::Json> job_on(const model::Node& node, api::JobKind kind,
                                                const base::Json& parameters) const;
  /// Of the primary.
  [[nodiscard]] const std::string& instance() const { return model::primary_of(*database).name; }
};

/// Looks at the world, not at the journal: whether the step's effect is there.
using Done = base::Result<bool> (*)(Context&);
using Run = base::Result<> (*)(Context&);

struct Step {
  operation::Row row;
  Done done;  // null: no way to tell, running it again does no harm
  Run run;
  Run undo;  // null: nothing to undo
};

/// What becomes of the database's record when the operation has ended.
enum class Fate { stays, goes_unless_finished, goes_when_finished };

struct Runbook {
  std::string_view kind;       // stable: stored
  std::string_view title;      // for people
  model::DatabaseState state;  // of the database meanwhile
  Fate fate;
  std::span<const Step> steps;
};

[[nodiscard]] std::span<const Runbook> runbooks();
/// Null when there is none of that kind.
[[nodiscard]] const Runbook* find_runbook(std::string_view kind);
[[nodiscard]] std::vector<operation::Row> rows_of(const Runbook& runbook);

/// What the clients of a database have now, as a sentence.
[[nodiscard]] std::string in_service(const Agents& agents, const model::Database& database);

// One per file.
extern const Runbook kCreateSingle;
extern const Runbook kCreateCluster;
extern const Runbook kSwitchover;
extern const Runbook kMinorCluster;
extern const Runbook kFailover;
extern const Runbook kRepair;
extern const Runbook kResizeNodes;
extern const Runbook kResizeRolling;
extern const Runbook kResizeRestart;
extern const Runbook kMinorSingle;
extern const Runbook kMajorSingle;
extern const Runbook kMajorCluster;
extern const Runbook kHops;  // without steps of its own: see hops.hpp
extern const Runbook kRevertSingle;
extern const Runbook kRevertCluster;
extern const Runbook kFinalize;
extern const Runbook kBackup;
extern const Runbook kVerifyBackups;
extern const Runbook kRestoreNew;
extern const Runbook kRestoreInPlace;
extern const Runbook kDestroy;
extern const Runbook kInstallEngine;
extern const Runbook kQualifyEngine;

}  // namespace pgbaton::runbooks
