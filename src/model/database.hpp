// A database: what a user creates, names, connects to and upgrades; and its nodes.
#pragma once

#include <string>
#include <vector>

#include "base/names.hpp"
#include "base/secret.hpp"
#include "model/epoch.hpp"
#include "model/kept.hpp"
#include "model/plan.hpp"
#include "model/rehearsal.hpp"
#include "model/version.hpp"

namespace pgbaton::model {

enum class DatabaseState { creating, running, migrating, updating, upgrading, stopped };
PGBATON_ENUM_NAMES(DatabaseState, {DatabaseState::creating, "creating"}, {DatabaseState::running, "running"},
                   {DatabaseState::migrating, "migrating"}, {DatabaseState::updating, "updating"},
                   {DatabaseState::upgrading, "upgrading"}, {DatabaseState::stopped, "stopped"})

enum class Role { primary, standby };
PGBATON_ENUM_NAMES(Role, {Role::primary, "primary"}, {Role::standby, "standby"})

enum class LocaleProvider { libc, icu, builtin };
PGBATON_ENUM_NAMES(LocaleProvider, {LocaleProvider::libc, "libc"}, {LocaleProvider::icu, "icu"},
                   {LocaleProvider::builtin, "builtin"})

/// Where strings get their order from. PostgreSQL 13 to 16 know libc only per cluster (ICU from 15), 17 adds builtin.
struct Locale {
  LocaleProvider provider = LocaleProvider::libc;
  std::string name = "C.UTF-8";
};
PGBATON_JSON(Locale, provider, name)

/// Whether a commit waits until a standby has it on disk.
enum class Replication { asynchronous, synchronous };
PGBATON_ENUM_NAMES(Replication, {Replication::asynchronous, "asynchronous"}, {Replication::synchronous, "synchronous"})

/// One PostgreSQL data directory with its postmaster.
struct Node {
  std::string name;  // unique over all databases: also the instance's id at its agent
  Role role = Role::primary;
  EngineId engine;
  std::string host = "local";  // whose agent has it
  int port = 0;                // of PostgreSQL itself: in its socket's name, and where the other nodes reach it
};
PGBATON_JSON(Node, name, role, engine, host, port)

struct Database {
  std::string name;
  Plan plan;
  EngineId engine;
  DatabaseState state = DatabaseState::creating;
  Locale locale;
  int port = 0;
  std::string owner;
  base::Secret password;
  std::vector<Node> nodes;
  Replication replication = Replication::asynchronous;
  base::Secret replication_password;  // of the role that standbys connect as
  std::string current_operation;      // empty: none
  base::Generation generation;        // of the newest operation that drove it
  std::string created_at;
  std::int64_t park_after_ms = 0;      // an idle session gives its server connection back after so long; 0: never
  std::vector<std::string> allow;      // addresses and CIDR ranges that clients may come from; empty: all
  base::Secret backup_key;             // what its backups are encrypted with
  std::vector<Epoch> epochs;           // oldest first; none: it lives in the history that it began with
  std::optional<Kept> kept;            // the old version of the last major-upgrade
  std::optional<Rehearsal> rehearsal;  // it is there to be thrown away
  bool requires_rehearsal = false;     // upgrades need one that has passed
  std::string window;                  // when upgrades may begin by themselves, as parse_window reads it; empty: none
  bool auto_minor = false;             // a newer minor is scheduled for the window by itself
};
PGBATON_JSON(Database, name, plan, engine, state, locale, port, owner, password, nodes, replication,
             replication_password, current_operation, generation, created_at, park_after_ms, allow, backup_key, epochs,
             kept, rehearsal, requires_rehearsal, window, auto_minor)

/// The node that clients write to. There is one in every database that has nodes.
[[nodiscard]] const Node& primary_of(const Database& database);
[[nodiscard]] std::vector<Node> standbys_of(const Database& database);
[[nodiscard]] int standbys_wanted(Topology topology);

/// A database's name is a PostgreSQL identifier that needs no quotes: it also names the logical database and the owner.
[[nodiscard]] base::Result<> check_database_name(std::string_view name);

}  // namespace pgbaton::model
