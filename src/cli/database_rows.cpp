#include "cli/database_rows.hpp"

#include "cli/database_commands.hpp"
#include "cli/declaration.hpp"
#include "cli/maintenance_command.hpp"
#include "cli/resize_command.hpp"
#include "cli/revert_commands.hpp"
#include "cli/upgrade_commands.hpp"
#include "cli/witness_command.hpp"

namespace pgbaton::cli {

namespace {

constexpr std::string_view kDatabases = "Databases";
constexpr std::string_view kUpgrades = "Upgrades";

}  // namespace

std::vector<Command> database_commands() {
  return {
      {kDatabases,
       "create",
       "NAME --plan PLAN [--version V] [--locale-provider P] [--locale NAME] [--wait]",
       "Make a database",
       "A plan is a topology and the memory in MB. starter-4096 is one node with 4 GB. Without --version it gets the "
       "default "
       "engine of `pgbaton engines list`.",
       {{"pgbaton create shop --plan starter-1024 --version 17 --wait", ""},
        {"pgbaton create shop --plan starter-1024 --locale-provider icu --locale de-DE --wait", ""}},
       declare_create,
       run_create},
      {kDatabases, "list", "", "All databases", "", {}, declare_nothing, run_list},
      {kDatabases,
       "configure",
       "NAME [--park-after TIME] [--allow RANGES] [--rehearsal HOW] [--window WINDOW] [--auto-minor HOW]",
       "Change a database's settings",
       "With --park-after a session that is idle for so long gives its server connection back, and gets one again with "
       "its state "
       "re-created when it goes on: thousands of mostly idle clients need few connections. Sessions that LISTEN, hold "
       "advisory "
       "locks or have state that cannot be carried keep theirs.",
       {{"pgbaton configure shop --park-after 10min", ""},
        {"pgbaton configure shop --allow 10.0.0.0/8,192.168.1.7", "clients may come from there only"},
        {"pgbaton configure shop --window \"sun 03:00 2h Europe/Berlin\" --auto-minor on", ""},
        {"pgbaton configure shop --park-after off --allow all", "as it was made"}},
       declare_configure,
       run_configure},
      {kDatabases,
       "maintenance",
       "NAME on|off [--message TEXT] [--until TIME] [--grace TIME]",
       "Let nobody in while something is done",
       "On: who connects is refused (57P03) with the message and the time, and sessions end when they stand between "
       "two "
       "transactions (57P01); those that are still in one after the grace are ended all the same. It stays on through "
       "restarts of anything, until `off` or the time. Upgrades and other operations go on as always; replication "
       "connections come and stay. Web applications can show a page: docs/guide/maintenance.md.",
       {{"pgbaton maintenance shop on --message 'New prices' --until 30min", ""},
        {"pgbaton maintenance shop on --until 2026-11-28T01:00:00Z --grace 5min", ""},
        {"pgbaton maintenance shop off", ""}},
       declare_maintenance,
       run_maintenance},
  };
}

std::vector<Command> other_database_commands() {
  return {
      {kDatabases,
       "sessions",
       "NAME",
       "Clients' sessions, and what of them could not be carried",
       "An upgrade carries a session over with its settings, prepared statements, LISTEN channels and advisory locks. "
       "What it cannot carry, as temporary tables, is named here for sessions whose state was read: by an upgrade that "
       "has prepared.",
       {},
       declare_name,
       run_sessions},
      {kDatabases, "show", "NAME", "One database and its nodes", "", {}, declare_name, run_show},
      {kDatabases,
       "url",
       "NAME",
       "How to connect: a postgresql:// address with password",
       "",
       {{"psql \"$(pgbaton url shop)\"", ""}},
       declare_name,
       run_url},
      {kDatabases,
       "destroy",
       "NAME --confirm NAME [--wait]",
       "Delete a database and its data for good",
       "The name has to be given twice. Without --confirm it says what would be deleted and deletes nothing.",
       {{"pgbaton destroy shop --confirm shop --wait", ""}},
       declare_destroy,
       run_destroy},
  };
}

std::vector<Command> upgrade_commands() {
  return {
      {kUpgrades,
       "offers",
       "NAME",
       "Which versions it can go to next, and why not to others",
       "",
       {},
       declare_name,
       run_offers},
      {kUpgrades,
       "preflight",
       "NAME [--to V] [--direct] [--check ID | --last | --checks]",
       "What stands against an upgrade; changes nothing",
       "Looks at the database as an upgrade would. The verdict is clean, know (there is something to know), act "
       "(something asks "
       "for your action) or stop. Exit status 4 when the verdict is stop.",
       {{"pgbaton preflight shop --to 17", ""},
        {"pgbaton preflight shop --to 17 --last", "what the last one found, and whether it still holds"},
        {"pgbaton preflight shop --to 17 --check rehearsal", "one check alone"}},
       declare_preflight,
       run_preflight},
      {kUpgrades,
       "upgrade",
       "NAME [--to V] [--plan] [--direct] [--max-stall TIME] [--end-sessions] [--transfer MODE] [--digest ROWS] "
       "[--at WHEN] [--wait] [--yes]",
       "Go to a newer version",
       "Clients stay connected and wait. Without --to it takes the first offer. On a terminal it shows the plan and "
       "asks; in scripts the command is the decision. If transactions stay open for longer than --max-stall, or a "
       "session cannot be carried over, nothing is stopped and the exit status is 4; with --end-sessions those are "
       "ended. If the new version does not come into service, the old one is put back and the exit status is 5.",
       {{"pgbaton upgrade shop --plan", "what would happen and how long it takes"},
        {"pgbaton upgrade shop --to 17 --wait", "to the newest 17 there is; returns when it is done"},
        {"pgbaton upgrade shop --at window", "begins by itself when the maintenance window opens"}},
       declare_upgrade,
       run_upgrade},
  };
}

std::vector<Command> other_upgrade_commands() {
  return {
      {kUpgrades,
       "switchover",
       "NAME [--max-stall TIME] [--end-sessions] [--wait]",
       "Make a standby the primary",
       "Of a database with standbys. Clients stay connected and wait a moment. When no standby has caught up, a "
       "transaction stays open for longer than --max-stall, or a session cannot be carried over, nothing is changed "
       "and "
       "the exit status is 4.",
       {{"pgbaton switchover shop --wait", ""}},
       declare_switchover,
       run_switchover},
      {kUpgrades,
       "resize",
       "NAME [--plan PLAN] [--replication KIND] [--dry-run] [--max-stall TIME] [--end-sessions] [--wait] [--yes]",
       "Change a database's plan",
       "More or less memory, standbys added or removed, commits that wait for a standby or not. Clients stay "
       "connected. "
       "With standbys more memory comes by a switchover; less memory, and the first standby of a starter database, "
       "need "
       "a restart of the primary, while clients wait. A standby that the new plan lacks is removed with its data.",
       {{"pgbaton resize shop --plan business-2048 --dry-run", "what would happen and how long it takes"},
        {"pgbaton resize shop --plan enterprise-2048 --wait", ""},
        {"pgbaton resize shop --replication synchronous --wait", "no acknowledged commit depends on one disk"}},
       declare_resize,
       run_resize},
      {kUpgrades,
       "revert",
       "NAME [--plan] [--max-stall TIME] [--end-sessions] [--wait] [--yes]",
       "Go back to the version before the last major-upgrade",
       "The database is again as it was when it was upgraded: what was written since then is lost, and --plan says how "
       "much that is at most. Possible while `pgbaton show` says so: after an upgrade whose files were copied or "
       "cloned, "
       "until it is finalized or a week has passed. Clients stay connected.",
       {{"pgbaton revert shop --plan", "what would be lost"}, {"pgbaton revert shop --wait", ""}},
       declare_revert,
       run_revert},
      {kUpgrades,
       "finalize",
       "NAME [--wait] [--yes]",
       "Delete the version before the last major-upgrade",
       "Gives the disk space of the old data directory back. There is no way back to it then.",
       {{"pgbaton finalize shop --wait", ""}},
       declare_finalize,
       run_finalize},
      {kUpgrades,
       "witness",
       "URL [--connections N] [--duration S] [--until FILE] [--out FILE] [--rows-per-second R] [--keep]",
       "Prove from outside what an upgrade does to clients",
       "Writes numbered rows through N connections and watches what they have in their sessions, while somebody "
       "upgrades the database. Then it reads the rows back and reports what was lost, and how long clients waited. "
       "Ctrl-C ends it with the report too. Exit status 0 when nothing was lost, repeated, broken or refused, else 5. "
       "It knows nothing of pgbaton: any PostgreSQL address will do.",
       {{"pgbaton witness \"$(pgbaton url shop)\" --connections 64 --duration 60", ""}},
       declare_witness,
       run_witness},
  };
}

}  // namespace pgbaton::cli
