// What a server says while it starts: first on its standard error (log/start.log, made anew by each start), then in the
// logging collector's files.
#pragma once

#include <map>

#include "postgres/spec.hpp"

namespace pgbaton::postgres {

/// Where the log files end now, so that what is added later can be told from what was there.
class StartLog {
 public:
  [[nodiscard]] static base::Result<StartLog> begin(const Spec& spec);
  [[nodiscard]] const system::Path& file() const { return file_; }
  /// What was added since begin(), at most 64 KiB of each file (its end).
  [[nodiscard]] std::string added() const;

 private:
  StartLog(system::Path folder, system::Path file) : folder_(std::move(folder)), file_(std::move(file)) {}
  system::Path folder_;
  system::Path file_;
  std::map<std::string, std::uintmax_t> sizes_;
};

}  // namespace pgbaton::postgres
