// pg_upgrade's command line, and what it says, in words. Pure but for reading its log files.
#pragma once

#include "model/version.hpp"
#include "postgres/conversion.hpp"

namespace pgbaton::postgres {

struct UpgradeCommand {
  const Conversion& conversion;
  int major = 0;           // of the target
  system::Path sockets;    // short
  std::int64_t files = 0;  // of tables, indexes and so on in the old cluster: at least as many as have to be locked
  unsigned jobs = 1;
};
[[nodiscard]] std::vector<std::string> upgrade_arguments(const UpgradeCommand& command);

/// "Linking user relation files" of a line like "Linking user relation files                       ok"; empty when the
/// line names no finished phase.
[[nodiscard]] std::string phase_of(std::string_view line);

/// What failed, from the end of pg_upgrade's output and from the log files that it names.
[[nodiscard]] std::string why_upgrade_failed(std::string_view output, const system::Path& directory);

}  // namespace pgbaton::postgres
