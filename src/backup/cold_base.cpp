#include "backup/cold_base.hpp"

#include <map>
#include <set>

#include <sys/stat.h>

#include "base/json.hpp"

namespace pgbaton::backup {

using base::Bytes;
using base::Code;
using base::Json;
using base::Result;
using system::Path;

namespace {

namespace fs = std::filesystem;

constexpr auto kLinks = "links.json";
constexpr auto kFiles = "files";

struct Entry {
  std::string path;  // in the data directory
  struct stat info{};
};

// pg_wal is not looked into: its segments come from the archive.
Result<std::vector<Entry>> entries_of(const Path& data) {
  std::vector<Entry> entries;
  std::error_code error;
  for (fs::recursive_directory_iterator at{data, error}; !error && at != fs::end(at); at.increment(error)) {
    Entry entry{at->path().lexically_relative(data).string()};
    if (::lstat(at->path().c_str(), &entry.info) != 0) continue;
    if (entry.path == "pg_wal") at.disable_recursion_pending();
    entries.push_back(std::move(entry));
  }
  if (error) return base::fail(Code::failed, "cannot look through {}: {}", data.string(), error.message());
  return entries;
}

std::map<ino_t, std::string> shared_files_of(const std::vector<Entry>& entries) {
  std::map<ino_t, std::string> shared;
  for (const auto& [path, info] : entries)
    if (S_ISREG(info.st_mode) && info.st_nlink > 1) shared[info.st_ino] = path;
  return shared;
}

Result<> copy_plain(const Path& from, const Path& to) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) return base::fail(Code::failed, "cannot copy {}: {}", from.string(), error.message());
  return {};
}

Result<Bytes> copy_own(const Path& data, const std::vector<Entry>& entries, const Path& place, Json& links,
                       const std::map<ino_t, std::string>& in_old) {
  Bytes copied;
  std::error_code error;
  for (const auto& [path, info] : entries) {
    if (S_ISDIR(info.st_mode)) {
      TRY(system::make_directory(place / path, 0700));
    } else if (S_ISLNK(info.st_mode)) {
      fs::copy_symlink(data / path, place / path, error);
    } else if (const auto old = in_old.find(info.st_ino); info.st_nlink > 1 && old != in_old.end()) {
      links.push_back(Json::array({path, old->second}));
    } else {
      TRY(copy_plain(data / path, place / path));
      copied = copied + Bytes{info.st_size};
    }
  }
  if (error) return base::fail(Code::failed, "cannot copy a link to {}: {}", place.string(), error.message());
  return copied;
}

bool is_unlogged(const Path& place, const std::string& path, const std::set<std::string>& all) {
  const auto name = path.substr(0, path.find('.', path.rfind('/') + 1));
  return all.contains(name + "_init") || fs::exists(place / kFiles / (name + "_init"));
}

}  // namespace

bool can_be_without(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return name.contains("_fsm") || name.contains("_vm");
}

bool has_cold_base(const Path& place) { return fs::exists(place / kLinks); }

Result<Bytes> keep_cold_base(const Path& old_data, const Path& new_data, const Path& place) {
  const auto in_old = shared_files_of(TRY(entries_of(old_data)));
  if (in_old.empty())
    return base::fail(Code::refused, "{} shares no files with {}", new_data.string(), old_data.string());
  const Path unfinished = place.string() + ".new";
  TRY(system::remove_tree(unfinished));
  TRY(system::make_directory(unfinished / kFiles, 0700));
  Json links = Json::array();
  const auto copied = TRY(copy_own(new_data, TRY(entries_of(new_data)), unfinished / kFiles, links, in_old));
  TRY(system::write_file_atomic(unfinished / kLinks, links.dump(), 0600));
  TRY(system::remove_tree(place));
  TRY(system::rename_path(unfinished, place));
  return copied;
}

Result<> assemble(const Path& place, const Path& old_data, const Path& data) {
  for (const auto& [path, info] : TRY(entries_of(place / kFiles))) {
    if (S_ISDIR(info.st_mode))
      TRY(system::make_directory(data / path, 0700));
    else if (S_ISREG(info.st_mode))
      TRY(copy_plain(place / kFiles / path, data / path));
  }
  const auto links = TRY(
      base::from_json_text<std::vector<std::pair<std::string, std::string>>>(TRY(system::read_file(place / kLinks))));
  std::set<std::string> all;
  for (const auto& [path, old] : links) all.insert(path);
  for (const auto& [path, old] : links) {
    std::error_code error;
    fs::rename(old_data / old, data / path, error);
    if (!error || can_be_without(path) || is_unlogged(place, path, all)) continue;
    return base::fail(Code::corrupt, "{} is not in the old version's data as restored: {}", old, error.message());
  }
  return {};
}

}  // namespace pgbaton::backup
