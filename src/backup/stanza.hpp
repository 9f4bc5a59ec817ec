// How a database's backups are named and configured in the repository: one stanza for each database and system
// identifier, each with its own place. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "base/units.hpp"
#include "model/object_store.hpp"
#include "system/file.hpp"

namespace pgbaton::backup {

/// What holds the backups of many databases: a folder, or an object store with a folder for what cannot be in there
/// (locks, the spool).
struct Repository {
  system::Path folder;
  std::optional<model::ObjectStore> store;
  [[nodiscard]] system::Path locks() const { return folder / "lock"; }
};

/// For people.
[[nodiscard]] std::string to_string(const Repository& repository);
/// The part of a configuration file that is about the repository alone. Keys of an object store are in it.
[[nodiscard]] std::string render_repository(const Repository& repository);
/// What the program is run with, for system::Command.
[[nodiscard]] std::vector<std::string> tool_environment();

/// shop-7712723751345748470: a database's name has no hyphen.
[[nodiscard]] std::string stanza_name(std::string_view database, std::string_view system_identifier);
/// Whether the stanza is of this database.
[[nodiscard]] bool is_stanza_of(std::string_view stanza, std::string_view database);
[[nodiscard]] std::string identifier_in(std::string_view stanza);

/// What a configuration file of pgBackRest says.
struct StanzaSettings {
  std::string stanza;
  Repository repository;
  base::Secret key;
  int retention_days = 7;
  system::Path data;
  system::Path socket_folder;
  int port = 0;
  std::string superuser;
};
[[nodiscard]] std::string render_stanza(const StanzaSettings& settings);
/// The stanza that such a file is about.
[[nodiscard]] std::string stanza_in(std::string_view configuration);

/// What PostgreSQL runs in a shell for each finished segment of its log.
[[nodiscard]] std::string archive_command(const system::Path& program, const system::Path& configuration,
                                          const std::string& stanza);
/// What PostgreSQL runs in a shell to get a segment or a history file back. `status` says why it fails: see
/// or_give_up().
[[nodiscard]] std::string restore_command(const system::Path& program, const system::Path& configuration,
                                          const std::string& stanza);

}  // namespace pgbaton::backup
