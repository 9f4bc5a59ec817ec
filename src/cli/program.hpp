// The program's file on disk, which may be another one than the process runs: after an upgrade of the package.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "system/file.hpp"

namespace pgbaton::cli {

class ProgramOnDisk {
 public:
  /// Before the process becomes another user: the folder may be closed to that one.
  [[nodiscard]] static base::Result<ProgramOnDisk> of_this_process();
  /// A path that children run it by as it is now, whatever becomes of the file. Code::not_found when there is none.
  [[nodiscard]] base::Result<std::string> open_again();

 private:
  system::Path path_;
  system::Fd folder_;
  std::vector<system::Fd> opened_;  // as long as children may be started by them
};

}  // namespace pgbaton::cli
