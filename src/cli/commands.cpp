#include "cli/backup_commands.hpp"
#include "cli/command.hpp"
#include "cli/database_commands.hpp"
#include "cli/declaration.hpp"
#include "cli/engine_commands.hpp"
#include "cli/host_commands.hpp"
#include "cli/machine_commands.hpp"
#include "cli/maintenance_command.hpp"
#include "cli/notify_commands.hpp"
#include "cli/operation_commands.hpp"
#include "cli/query_commands.hpp"
#include "cli/rehearse_command.hpp"
#include "cli/resize_command.hpp"
#include "cli/revert_commands.hpp"
#include "cli/upgrade_commands.hpp"
#include "cli/user_commands.hpp"
#include "cli/witness_command.hpp"

namespace pgbaton::cli {
namespace {

constexpr std::string_view kMachine = "This machine";
constexpr std::string_view kDatabases = "Databases";
constexpr std::string_view kUpgrades = "Upgrades";
constexpr std::string_view kOperations = "What is being done";
constexpr std::string_view kEngines = "Engines: versions of PostgreSQL, side by side";
constexpr std::string_view kHosts = "Hosts: where nodes of databases live";
constexpr std::string_view kPeople = "People who use the dashboard";
constexpr std::string_view kOther = "Other";

std::vector<Command> machine_commands() {
  return {
      {kMachine,
       "up",
       "[--data DIR] [--engines DIR] [--listen HOST:PORT] [--gateway-listen ADDR[,ADDR]] [--gateway-ports LOW-HIGH] "
       "[--user NAME] [--backups DIR]",
       "Start pgbaton here; the databases of an earlier run come back",
       "Runs server, agent and gateway until it gets SIGTERM or Ctrl-C, and starts them again should one die. It "
       "prints one line when it is ready. Ending it leaves PostgreSQL running, and nobody can connect until the next "
       "`pgbaton up`; `pgbaton down` stops PostgreSQL too. Started as root it becomes another user first, because "
       "PostgreSQL does not run as root.",
       {{"pgbaton up", "as root with its data in /var/lib/pgbaton, else in ~/.local/state/pgbaton"},
        {"pgbaton up --data /srv/pg --listen 0.0.0.0:8432",
         "reachable from elsewhere: TLS is on, PGBATON_CACERT=/srv/pg/tls/ca.crt"}},
       declare_up,
       run_up},
      {kMachine,
       "reload",
       "[--data DIR]",
       "Run the program that is on disk now; clients stay connected",
       "For after an upgrade of pgbaton itself. The gateway is taken over by its new version with all sessions, "
       "whatever "
       "they are in the middle of; server and agent are started anew. If the new gateway does not come up, the one "
       "that "
       "runs goes on, nothing else is restarted and the exit status is 4. SIGHUP to `pgbaton up` does the same.",
       {{"pgbaton reload", ""}},
       declare_nothing,
       run_reload},
      {kMachine,
       "down",
       "[--data DIR]",
       "Stop pgbaton here and the databases with it",
       "Ends the `pgbaton up` that is meant, then stops its databases in order. The next `pgbaton up` brings them "
       "back.",
       {{"pgbaton down", ""}},
       declare_nothing,
       run_down},
      {kMachine,
       "server",
       "--config FILE",
       "Run only the server",
       "What `pgbaton up` starts: the REST API and the operations. Runs until SIGTERM; logs are JSON on standard "
       "error.",
       {},
       declare_config,
       run_server},
      {kMachine,
       "agent",
       "--config FILE",
       "Run only the agent",
       "What `pgbaton up` starts: the engines and instances of this host. Runs until SIGTERM; logs are JSON on "
       "standard error.",
       {},
       declare_config,
       run_agent},
      {kMachine,
       "gateway",
       "--config FILE [--takeover]",
       "Run only the gateway",
       "What `pgbaton up` starts: clients connect to it, and it holds them while the server under them changes. Runs "
       "until SIGTERM; logs are JSON on standard error.",
       {},
       declare_gateway,
       run_gateway},
  };
}

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
       "(NAME [--to V] [--direct] [--check ID | --last] | --checks)",
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

std::vector<Command> operation_commands() {
  return {
      {kOperations,
       "operations",
       "[NAME]",
       "What is and was done, newest first",
       "",
       {},
       declare_operations,
       run_operations},
      {kOperations,
       "operation",
       "ID [--follow]",
       "One of them, step by step",
       "",
       {},
       declare_show_operation,
       run_operation},
      {kOperations,
       "cancel",
       "ID",
       "Stop it and undo what it did, while that is possible",
       "",
       {},
       declare_operation,
       run_cancel},
  };
}

std::vector<Command> engine_commands() {
  return {
      {kEngines,
       "engines list",
       "",
       "The known ones: installed, tested, released, used by",
       "",
       {},
       declare_nothing,
       run_engines_list},
      {kEngines,
       "engines sync",
       "",
       "Ask the sources which versions there are",
       "",
       {},
       declare_nothing,
       run_engines_sync},
      {kEngines,
       "engines install",
       "V...",
       "Download and test versions; they are offered afterwards",
       "Downloads with the distribution's own check of signatures, puts each version into a folder of its own and "
       "tests it. "
       "Waits until all are done.",
       {{"pgbaton engines install 16 17", "the newest minor of both"}, {"pgbaton engines install 17.11", ""}},
       declare_install,
       run_engines_install},
      {kEngines,
       "engines qualify",
       "V [--short]",
       "Test an installed one again, thoroughly",
       "With every extension and pgbench; takes minutes. The data are thrown away, no database notices anything.",
       {},
       declare_qualify,
       run_engines_qualify},
      {kEngines,
       "engines release",
       "V [--default]",
       "Offer a tested one",
       "`engines install` does this by itself, unless `pgbaton up` was told that a person releases.",
       {},
       declare_release,
       run_engines_release},
      {kEngines,
       "engines withdraw",
       "V",
       "Offer it no more; names the databases that run it",
       "",
       {},
       declare_engine,
       run_engines_withdraw},
  };
}

std::vector<Command> host_commands() {
  return {
      {kHosts,
       "hosts list",
       "",
       "Hosts that have an agent, and how many nodes",
       "",
       {},
       declare_nothing,
       run_hosts_list},
      {kHosts,
       "hosts add",
       "NAME ADDRESS [--port PORT] [--out FILE]",
       "Let nodes of databases live on another host",
       "Writes the settings of that host's agent, private keys included, to FILE or to standard output. Copy it "
       "there "
       "and run `pgbaton agent --config FILE`. Server and agent know each other by certificates that only they have. "
       "This host's `pgbaton up` needs --address, or the others could not reach it.",
       {{"pgbaton hosts add db2 10.0.0.2 --out db2.toml", "then on 10.0.0.2: pgbaton agent --config db2.toml"}},
       declare_add_host,
       run_hosts_add},
      {kHosts, "hosts remove", "NAME", "Forget a host that has no nodes", "", {}, declare_host, run_hosts_remove},
  };
}

std::vector<Command> people_commands() {
  return {
      {kPeople, "users list", "", "Who may sign in", "", {}, declare_nothing, run_users_list},
      {kPeople,
       "users add",
       "NAME --role ROLE [--generate]",
       "Let somebody sign in to the dashboard",
       "Roles: read-only sees everything but passwords, operator also creates, upgrades and changes, owner also "
       "deletes "
       "databases and manages users. The password is asked for, or read as one line from standard input.",
       {{"pgbaton users add ada --role owner", ""}, {"pgbaton users add otto --role operator --generate", ""}},
       declare_users_add,
       run_users_add},
      {kPeople, "users role", "NAME ROLE", "Change what somebody may do", "", {}, declare_users_role, run_users_role},
      {kPeople,
       "users password",
       "NAME [--generate]",
       "Set somebody's password, and sign them out everywhere",
       "",
       {},
       declare_users_password,
       run_users_password},
      {kPeople, "users remove", "NAME", "Let somebody sign in no more", "", {}, declare_user, run_users_remove},
  };
}

std::vector<Command> notify_commands() {
  return {
      {kPeople, "notify list", "", "Who is told what operations do", "", {}, declare_nothing, run_notify_list},
      {kPeople,
       "notify add",
       "URL [--database NAME] [--steps] [--smtp URL --from ADDRESS [--smtp-user NAME]]",
       "Tell a webhook or an address of mail what operations do",
       "A webhook gets a POST with JSON, signed with a secret that is printed once. What does not get there is tried "
       "again for a day, in order.",
       {{"pgbaton notify add https://chat.example.org/hooks/db", ""},
        {"pgbaton notify add mailto:ops@example.org --smtp smtp://mail.example.org:587 --from pgbaton@example.org",
         ""}},
       declare_notify_add,
       run_notify_add},
      {kPeople, "notify test", "ID", "Send a test", "", {}, declare_receiver, run_notify_test},
      {kPeople, "notify remove", "ID", "Tell somebody nothing any more", "", {}, declare_receiver, run_notify_remove},
  };
}

std::vector<Command> other_commands() {
  return {
      {kOther, "version", "", "The version of this program", "", {}, declare_nothing, run_version},
      {kOther, "help", "[COMMAND]", "This text, or more about a command", "", {}, declare_help, run_help},
  };
}

}  // namespace

std::span<const Command> commands() {
  static const auto all = [] {
    std::vector<Command> rows;
    for (const auto& part :
         {machine_commands(), database_commands(), upgrade_commands(), other_upgrade_commands(), query_commands(),
          rehearsal_commands(), backup_commands(), operation_commands(), engine_commands(), host_commands(),
          people_commands(), notify_commands(), other_commands()})
      rows.insert(rows.end(), part.begin(), part.end());
    return rows;
  }();
  return all;
}

const Command* find_command(std::string_view path) {
  const auto row = std::ranges::find(commands(), path, &Command::path);
  return row == commands().end() ? nullptr : &*row;
}

}  // namespace pgbaton::cli
