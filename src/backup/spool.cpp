#include "backup/spool.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace pgbaton::backup {

using base::Result;
using system::Path;

namespace {

constexpr std::size_t kFolderDigits = 16;  // the archive has a folder for 4 GiB of the log
constexpr std::string_view kPartial = ".partial";

// STANZA/17-1/0000000100000000/000000010000000000000004-CHECKSUM.zst, and STANZA/17-1/00000002.history
class Archived {
 public:
  Archived(const Contents& contents, std::string stanza, base::Deadline deadline)
      : contents_(contents), stanza_(std::move(stanza)), deadline_(deadline) {}

  Result<bool> has(const std::string& name) {
    const bool is_segment = name.size() >= kFolderDigits && !name.ends_with(".history");
    const auto folder = is_segment ? name.substr(0, kFolderDigits) : std::string{};
    const auto begin = is_segment ? name + "-" : name;
    const auto* names = TRY(listed(folder));
    return std::ranges::any_of(*names, [&](const auto& file) { return file.starts_with(begin); });
  }

 private:
  Result<const std::vector<std::string>*> listed(const std::string& folder) {
    if (const auto known = listed_.find(folder); known != listed_.end()) return &known->second;
    if (!versions_) versions_ = TRY(contents_.names_in("archive/" + stanza_, deadline_));
    std::vector<std::string> all;
    for (const auto& version : *versions_) {
      if (version.starts_with("archive.info")) continue;
      const auto path = fmt::format("archive/{}/{}{}{}", stanza_, version, folder.empty() ? "" : "/", folder);
      for (auto& name : TRY(contents_.names_in(path, deadline_))) all.push_back(std::move(name));
    }
    return &listed_.insert_or_assign(folder, std::move(all)).first->second;
  }

  const Contents& contents_;
  std::string stanza_;
  base::Deadline deadline_;
  std::optional<std::vector<std::string>> versions_;
  std::map<std::string, std::vector<std::string>> listed_;
};

// An unfinished segment of a timeline that has ended is archived under its own name, or as a whole when its line went
// on.
Result<bool> is_archived(Archived& archived, const std::string& name) {
  if (TRY(archived.has(name))) return true;
  if (!name.ends_with(kPartial)) return false;
  return archived.has(name.substr(0, name.size() - kPartial.size()));
}

}  // namespace

Path spool_of(const Repository& repository, const std::string& stanza) { return repository.folder / "spool" / stanza; }

std::size_t count_spool(const Repository& repository, const std::string& stanza) {
  std::size_t count = 0;
  for (const auto& timeline : system::list_directory(spool_of(repository, stanza)))
    count += system::list_directory(spool_of(repository, stanza, timeline)).size();
  return count;
}

Result<std::size_t> prune_spool(const Contents& contents, const std::string& stanza, const std::string& written,
                                base::Deadline deadline) {
  const auto& repository = contents.repository();
  Archived archived{contents, stanza, deadline};
  std::size_t left = 0;
  for (const auto& timeline : system::list_directory(spool_of(repository, stanza))) {
    const auto folder = spool_of(repository, stanza, timeline);
    for (const auto& name : system::list_directory(folder)) {
      const bool is_being_written = timeline == written && name.ends_with(kPartial);
      if (is_being_written || !TRY(is_archived(archived, name)))
        ++left;
      else
        TRY(system::remove_tree(folder / name));
    }
  }
  return left;
}

}  // namespace pgbaton::backup
