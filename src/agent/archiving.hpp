// How an instance's log gets into the repository of this host: the tool installed, a stanza of its own, a file that
// says so. The file backup-DATA.conf beside a data directory is there only when its stanza is.
//
// Any thread.
#pragma once

#include <map>
#include <mutex>

#include "agent/job.hpp"
#include "backup/contents.hpp"
#include "backup/replay.hpp"
#include "engine/source.hpp"
#include "postgres/spec.hpp"

namespace pgbaton::agent {

[[nodiscard]] backup::Repository repository_of(const Config& config);
[[nodiscard]] backup::Contents contents_of(const Config& config);

/// What PostgreSQL is to do with finished segments: absent for an instance that keeps no backups; to keep
/// them while its stanza is not there.
[[nodiscard]] std::optional<std::string> archive_command_of(const Config& config, const Instance& instance,
                                                            const system::Path& folder);

struct Archiving {
  const Config& config;
  const std::vector<engine::Source>& sources;
  base::Deadline deadline;
  std::stop_token stop;
};
/// Makes what lacks. Its data directory is there; its server may run or not. Returns whether something was made: then
/// its files of settings are to be written anew.
[[nodiscard]] base::Result<bool> ensure_archiving(const Archiving& archiving, const Instance& instance,
                                                  const postgres::Spec& spec);

/// The tool with the instance's configuration. Code::refused in words while there is none.
[[nodiscard]] base::Result<backup::Pgbackrest> tool_of(const Config& config, const Instance& instance,
                                                       const postgres::Spec& spec);

/// Where a restore takes its data from, on this host: the repository, and what a source of this host that does not run
/// has not got into it.
[[nodiscard]] base::Result<backup::Fetch> fetch_for(const JobContext& context, const api::RestoreSource& source);

/// Beside an instance's data directories: what a line that a major-upgrade began stands on.
[[nodiscard]] system::Path cold_base_of(const system::Path& folder, const std::string& system_identifier);

/// The same, of whichever node of the host made it: the primary may have been another one then.
[[nodiscard]] system::Path find_cold_base(const system::Path& folder, const std::string& system_identifier);

/// Of the data directory, from the first bytes of its control file.
[[nodiscard]] base::Result<std::string> system_identifier_of(const system::Path& data);

/// What the repository has of the databases, and how their log gets there. While it cannot be read: what it had when it
/// was last read, and why. A store that does not answer is not asked again for ten seconds. Any thread.
class KnownLines {
 public:
  [[nodiscard]] api::BackupsAnswer answer(const Config& config, const Instance& instance, const postgres::Spec& spec,
                                          base::Deadline deadline);

 private:
  [[nodiscard]] static base::Result<std::vector<api::BackupLine>> read(const Config& config, const Instance& instance,
                                                                       const postgres::Spec& spec,
                                                                       const backup::Pgbackrest& tool,
                                                                       base::Deadline deadline);
  std::mutex mutex_;
  std::map<std::string, std::vector<api::BackupLine>> lines_;  // by instance
  std::string problem_;
  std::chrono::steady_clock::time_point look_again_{};
};

}  // namespace pgbaton::agent
