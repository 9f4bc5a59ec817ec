// Gathers what preflight asks for and has it judged. Changes nothing.
#pragma once

#include "preflight/check.hpp"
#include "runbooks/runbook.hpp"

namespace pgbaton::runbooks {

struct Preflight {
  const AgentClient& agent;
  const catalog::Catalog& catalog;
  const model::Database& database;
  const std::vector<model::EngineRecord>& engines;
  bool copies = false;        // the upgrade would copy all data
  std::string only = {};      // the id of one check, to be run alone; empty: all
  bool is_later_hop = false;  // `database` has the engine that it will have when the turn of this upgrade comes
};

/// Whether the restore of the schema is rehearsed: seconds of an agent's work. Majors only.
enum class Rehearse { no, yes };

/// A preflight of everything, with what is to be kept of it.
struct Recorded {
  preflight::Report report;
  model::PreflightRecord record;
};
[[nodiscard]] base::Result<Recorded> record_preflight(const Preflight& subject, const model::EngineId& target,
                                                      const std::stop_token& stop = {},
                                                      const AgentClient::OnProgress& on_progress = {});

/// Asks the running database everything that the checks of an upgrade to `target` want to know.
[[nodiscard]] base::Result<preflight::Report> run_preflight(const Preflight& subject, const model::EngineId& target,
                                                            Rehearse rehearse = Rehearse::no,
                                                            const std::stop_token& stop = {},
                                                            const AgentClient::OnProgress& on_progress = {});

}  // namespace pgbaton::runbooks
