#include "cli/backup_commands.hpp"
#include "cli/command.hpp"
#include "cli/database_rows.hpp"
#include "cli/declaration.hpp"
#include "cli/engine_commands.hpp"
#include "cli/host_commands.hpp"
#include "cli/log_commands.hpp"
#include "cli/machine_commands.hpp"
#include "cli/notify_commands.hpp"
#include "cli/operation_commands.hpp"
#include "cli/query_commands.hpp"
#include "cli/rehearse_command.hpp"
#include "cli/user_commands.hpp"

namespace pgbaton::cli {
namespace {

constexpr std::string_view kMachine = "This machine";
constexpr std::string_view kOperations = "What is being done";
constexpr std::string_view kEngines = "Engines: versions of PostgreSQL, side by side";
constexpr std::string_view kHosts = "Hosts: where nodes of databases live";
constexpr std::string_view kPeople = "People who use the dashboard";
constexpr std::string_view kToldOf = "Who is told what operations do";
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
      {kToldOf, "notify list", "", "Who is told what operations do", "", {}, declare_nothing, run_notify_list},
      {kToldOf,
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
      {kToldOf, "notify test", "ID", "Send a test", "", {}, declare_receiver, run_notify_test},
      {kToldOf, "notify remove", "ID", "Tell somebody nothing any more", "", {}, declare_receiver, run_notify_remove},
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
    for (const auto& part : {machine_commands(), database_commands(), other_database_commands(), upgrade_commands(),
                             other_upgrade_commands(), query_commands(), log_commands(), rehearsal_commands(),
                             backup_commands(), operation_commands(), engine_commands(), host_commands(),
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
