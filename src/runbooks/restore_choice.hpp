// Which moments of a database can be restored, and from what. Pure: from what its repository has and which epochs it
// went through.
#pragma once

#include "api/backup.hpp"
#include "base/time.hpp"
#include "model/epoch.hpp"

namespace pgbaton::runbooks {

/// Every moment from `from` to `to` can be restored.
struct Span {
  base::WallTime from;
  base::WallTime to;
  std::string system_identifier;
  int major = 0;
  bool operator==(const Span&) const = default;
};

struct Archive {
  std::vector<api::BackupLine> lines;
  std::vector<model::Epoch> epochs;  // oldest first; none: it has one line, and no more was ever begun
  int timeline = 0;                  // of the present primary; 0: nobody knows
};

/// In order of time. A new line can be restored from its begin on where it has a cold base, else from the end of its
/// first base backup on.
[[nodiscard]] std::vector<Span> spans_of(const Archive& archive, base::WallTime now);

struct Choice {
  std::string stanza;
  std::string system_identifier;
  int major = 0;
  std::string set;                      // the newest that ended before
  int timeline = 0;                     // to follow; 0: the newest
  bool is_present = false;              // of the line that is being written now
  base::Lsn end;                        // of a log that has ended
  std::optional<api::OlderLine> older;  // instead of a set; its engine is the caller's to choose, of `older_major`
  int older_major = 0;
};
/// Code::refused outside of what can be restored, in words that name it.
[[nodiscard]] base::Result<Choice> choose_restore(const Archive& archive, base::WallTime time, base::WallTime now);

/// "from 2026-11-20T03:00:01.000Z to 2026-11-27T05:50:59.285Z"
[[nodiscard]] std::string sentence_about(const std::vector<Span>& spans);

}  // namespace pgbaton::runbooks
