#include "postgres/start_log.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace pgbaton::postgres {
namespace {

using system::Path;

constexpr std::uintmax_t kMost = std::uintmax_t{64} << 10;

std::uintmax_t size_of(const Path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

std::string read_from(const Path& path, std::uintmax_t offset) {
  std::ifstream stream{path, std::ios::binary};
  stream.seekg(static_cast<std::streamoff>(offset));
  return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace

base::Result<StartLog> StartLog::begin(const Spec& spec) {
  TRY(system::make_directory(spec.log(), 0700));
  StartLog log{spec.log(), spec.log() / "start.log"};
  TRY(system::remove_tree(log.file_));
  for (const auto& name : system::list_directory(log.folder_)) log.sizes_[name] = size_of(log.folder_ / name);
  return log;
}

std::string StartLog::added() const {
  std::string text;
  for (const auto& name : system::list_directory(folder_)) {
    const auto size = size_of(folder_ / name);
    const auto known = sizes_.find(name);
    auto from = known == sizes_.end() || known->second > size ? 0 : known->second;  // smaller: emptied at midnight
    if (size > from + kMost) from = size - kMost;
    if (size > from) text += read_from(folder_ / name, from);
  }
  return text;
}

}  // namespace pgbaton::postgres
