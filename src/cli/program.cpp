#include "cli/program.hpp"

#include <fcntl.h>

namespace pgbaton::cli {

using base::Code;
using base::Result;

Result<ProgramOnDisk> ProgramOnDisk::of_this_process() {
  ProgramOnDisk program;
  std::error_code error;
  program.path_ = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return base::fail(Code::failed, "/proc/self/exe: {}", error.message());
  program.folder_ = system::Fd{::open(program.path_.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  return program;
}

Result<std::string> ProgramOnDisk::open_again() {
  system::Fd file{::openat(folder_.get(), path_.filename().c_str(), O_PATH | O_CLOEXEC)};
  if (!file.valid())
    return base::fail({Code::not_found, fmt::format("there is no program at {}", path_.string()),
                       "Put the new one there, then try again; what runs goes on."});
  const auto link = fmt::format("/proc/self/fd/{}", file.get());
  opened_.push_back(std::move(file));
  return link;
}

}  // namespace pgbaton::cli
