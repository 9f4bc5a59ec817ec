// What PostgreSQL is told of a recovery, and what it says of its end. Pure.
#pragma once

#include "api/backup.hpp"
#include "system/file.hpp"

namespace pgbaton::backup {

/// Lines for postgresql.auto.conf. With a time the replay stops after the last commit of that time or before; one that
/// never comes to a later commit is an error of PostgreSQL's.
[[nodiscard]] std::string recovery_settings(const api::RestoreSource& source, const std::string& restore_command);
/// Their names: to be reset when the recovery has ended.
[[nodiscard]] std::vector<std::string> recovery_setting_names();
/// A restore_command that looks into the folder of a log for what the repository does not have.
[[nodiscard]] std::string with_log_of(const std::string& command, const system::Path& folder);
/// For the end of it: a repository that does not answer, or has the file damaged, ends the recovery. PostgreSQL would
/// take that for the end of the log, and go on from there.
[[nodiscard]] std::string or_give_up(const std::string& command);
/// Into a spool, which has a folder for each timeline.
[[nodiscard]] std::string with_spool(const std::string& command, const system::Path& spool);

/// From the log of a server that has ended its recovery: the last one that it tells of.
[[nodiscard]] api::StopPoint parse_stop_point(std::string_view log);

}  // namespace pgbaton::backup
