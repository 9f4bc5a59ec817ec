#include "backup/spool.hpp"

#include <algorithm>
#include <map>

namespace pgbaton::backup {

using base::Result;
using system::Path;

namespace {

constexpr std::size_t kFolderDigits = 16;  // the archive has a folder for 4 GiB of the log
constexpr std::string_view kPartial = ".partial";

// STANZA/17-1/0000000100000000/000000010000000000000004-CHECKSUM.zst, and STANZA/17-1/00000002.history
class Archived {
 public:
  explicit Archived(Path stanza) : stanza_(std::move(stanza)), versions_(system::list_directory(stanza_)) {}

  bool has(const std::string& name) {
    const bool is_segment = name.size() >= kFolderDigits && !name.ends_with(".history");
    const auto folder = is_segment ? name.substr(0, kFolderDigits) : std::string{};
    const auto begin = is_segment ? name + "-" : name;
    return std::ranges::any_of(listed(folder), [&](const auto& file) { return file.starts_with(begin); });
  }

 private:
  const std::vector<std::string>& listed(const std::string& folder) {
    const auto [found, is_new] = listed_.try_emplace(folder);
    if (is_new)
      for (const auto& version : versions_)
        for (auto& name : system::list_directory(stanza_ / version / folder)) found->second.push_back(std::move(name));
    return found->second;
  }

  Path stanza_;
  std::vector<std::string> versions_;
  std::map<std::string, std::vector<std::string>> listed_;
};

// An unfinished segment of a timeline that has ended is archived under its own name, or as a whole when its line went
// on.
bool is_archived(Archived& archived, const std::string& name) {
  if (archived.has(name)) return true;
  return name.ends_with(kPartial) && archived.has(name.substr(0, name.size() - kPartial.size()));
}

}  // namespace

Path spool_of(const Repository& repository, const std::string& stanza) { return repository.folder / "spool" / stanza; }

Result<std::size_t> prune_spool(const Repository& repository, const std::string& stanza, const std::string& written) {
  Archived archived{repository.folder / "archive" / stanza};
  std::size_t left = 0;
  for (const auto& timeline : system::list_directory(spool_of(repository, stanza))) {
    const auto folder = spool_of(repository, stanza, timeline);
    for (const auto& name : system::list_directory(folder)) {
      const bool is_being_written = timeline == written && name.ends_with(kPartial);
      if (is_being_written || !is_archived(archived, name))
        ++left;
      else
        TRY(system::remove_tree(folder / name));
    }
  }
  return left;
}

}  // namespace pgbaton::backup
