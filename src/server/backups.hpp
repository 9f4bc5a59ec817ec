// What is shown of a database's backups. Inside of the module.
#pragma once

#include "runbooks/agents.hpp"
#include "runbooks/restore_choice.hpp"

namespace pgbaton::server {

/// {earliest, latest, spans: [{from, to, major}]}; null where nothing can be restored.
[[nodiscard]] base::Json backup_window(const std::vector<runbooks::Span>& spans);

/// {window, newest, archiving}; null when the agent does not say, or the database keeps no backups.
[[nodiscard]] base::Json backups_in_short(const runbooks::Agents& agents, const model::Database& database);

}  // namespace pgbaton::server
