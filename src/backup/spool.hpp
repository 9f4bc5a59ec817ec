// The tail of a line's log, streamed: beside the repository, a folder for each stanza and timeline. What is archived
// goes from there. It is as PostgreSQL wrote it, neither compressed nor encrypted.
#pragma once

#include "backup/contents.hpp"
#include "base/result.hpp"

namespace pgbaton::backup {

[[nodiscard]] system::Path spool_of(const Repository& repository, const std::string& stanza);
/// Of one timeline, by the first eight digits of its segments' names.
[[nodiscard]] inline system::Path spool_of(const Repository& repository, const std::string& stanza,
                                           const std::string& timeline) {
  return spool_of(repository, stanza) / timeline;
}

/// Removes what the archive has of a stanza; how many files are left. `written` is the timeline that is being streamed:
/// its unfinished segment stays.
[[nodiscard]] base::Result<std::size_t> prune_spool(const Contents& contents, const std::string& stanza,
                                                    const std::string& written, base::Deadline deadline);
/// How many files wait in there.
[[nodiscard]] std::size_t count_spool(const Repository& repository, const std::string& stanza);

}  // namespace pgbaton::backup
