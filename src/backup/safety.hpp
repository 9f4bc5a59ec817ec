// Whether what the repository has of a line restores up to a position of its log. Pure.
#pragma once

#include <optional>

#include "api/backup.hpp"

namespace pgbaton::backup {

/// Why it does not, as a sentence; nothing: it does. `archived` are names of files of the line's archive.
[[nodiscard]] std::optional<std::string> why_unsafe(const std::vector<api::BackupSet>& sets,
                                                    const std::vector<std::string>& archived, base::Lsn end,
                                                    base::Bytes segment_size);

}  // namespace pgbaton::backup
