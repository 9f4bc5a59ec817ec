// What pgBackRest says, read: `info --output=json`, its progress, its errors, `verify`. Pure.
#pragma once

#include <optional>

#include "api/backup.hpp"
#include "base/json.hpp"

namespace pgbaton::backup {

/// One line for each stanza that has been made.
[[nodiscard]] base::Result<std::vector<api::BackupLine>> parse_info(std::string_view json);

/// How far a backup or a restore is, 0 … 1, from a line "backup file /data/base/1/1249 (1.2MB, 34.50%)".
[[nodiscard]] std::optional<double> parse_file_progress(std::string_view line);

/// The Error that pgBackRest's words "ERROR: [055]: …" mean.
[[nodiscard]] base::Error tool_error(std::string_view action, int status, std::string_view said);

/// What `verify --output=text --verbose` found, one sentence for each damaged or missing thing.
[[nodiscard]] api::VerifyAnswer parse_verify(std::string_view stanza, std::string_view text);

}  // namespace pgbaton::backup
