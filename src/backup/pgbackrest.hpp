// Drives pgBackRest for one instance's stanza: each call is one run of the program with the instance's configuration
// file. Blocking; any thread. The program dies with the thread that runs it.
#pragma once

#include <functional>
#include <stop_token>

#include "api/backup.hpp"
#include "backup/stanza.hpp"
#include "base/time.hpp"

namespace pgbaton::backup {

/// When and why to give up, and whom to tell how far it is.
struct Run {
  base::Deadline deadline;
  std::stop_token stop = {};
  std::function<void(double)> on_fraction = {};
};

class Pgbackrest {
 public:
  /// Code::failed when the file is about no stanza.
  [[nodiscard]] static base::Result<Pgbackrest> open(const system::Path& program, const system::Path& configuration);
  [[nodiscard]] const std::string& stanza() const { return stanza_; }

  /// Makes the stanza; one that is there is fine. Reads the system identifier from the data directory; its server may
  /// run or not.
  [[nodiscard]] base::Result<> create_stanza(const Run& run) const;
  /// Of the running server. Sets whose time is over are removed afterwards. Code::busy while another backup runs.
  [[nodiscard]] base::Result<> back_up(api::BackupKind kind, const Run& run) const;
  /// Puts a set into an empty folder. Nothing is said to PostgreSQL of where the log is: that is the caller's.
  [[nodiscard]] base::Result<> restore(const std::string& set, const system::Path& data, const Run& run) const;
  /// Of one stanza of the repository.
  [[nodiscard]] base::Result<api::BackupLine> info(const std::string& stanza, const Run& run) const;
  [[nodiscard]] base::Result<api::VerifyAnswer> verify(const std::string& stanza, const Run& run) const;
  /// Names of what is in a stanza's archive at any depth, however much that is: segments, other files, folders.
  [[nodiscard]] base::Result<std::vector<std::string>> archived(const std::string& stanza, const Run& run) const;
  /// Whether a set's list of files is there: what `info` tells of is kept elsewhere.
  [[nodiscard]] base::Result<bool> has_set(const std::string& label, const Run& run) const;
  /// Puts one finished segment into the repository; one that is there is fine.
  [[nodiscard]] base::Result<> push(const system::Path& segment, const Run& run) const;

 private:
  Pgbackrest(system::Path program, system::Path configuration, std::string stanza)
      : program_(std::move(program)), configuration_(std::move(configuration)), stanza_(std::move(stanza)) {}
  using OnLine = std::function<void(std::string_view)>;
  [[nodiscard]] base::Result<std::string> call(std::string_view action, std::vector<std::string> arguments,
                                               const Run& run, const std::string& stanza,
                                               const OnLine& on_line = {}) const;

  system::Path program_;
  system::Path configuration_;
  std::string stanza_;
};

/// Waits for another backup of the stanza to end.
[[nodiscard]] base::Result<> back_up_patiently(const Pgbackrest& tool, api::BackupKind kind, const Run& run);

}  // namespace pgbaton::backup
