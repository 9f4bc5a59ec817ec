#include "postgres/half_made.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "system/random.hpp"

namespace pgbaton::postgres {
namespace {

using base::Deadline;
using base::Result;
using system::Path;

constexpr std::string_view kUnfinished = "data.unfinished-";
constexpr std::string_view kRewinding = "rewinding";  // beside data/, which pg_rewind makes like the upstream's

}  // namespace

Path unfinished_folder(const Spec& spec) { return spec.folder / (std::string{kUnfinished} + system::random_id()); }

Result<> remove_unfinished(const Path& folder, Deadline deadline) {
  for (const auto& name : system::list_directory(folder)) {
    if (!name.starts_with(kUnfinished)) continue;
    for (auto removed = system::remove_tree(folder / name); !removed; removed = system::remove_tree(folder / name))
      if (deadline.passed()) return removed;
  }
  return {};
}

// initdb would fsync its thousand files one by one: seconds on a disk instead of a fraction of one. Linux reports write
// errors through syncfs() since 5.8.
Result<> make_durable(const Path& data) {
  const system::Fd folder{::open(data.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.valid() || ::syncfs(folder.get()) != 0) return system::os_failure("cannot sync", data);
  return {};
}

bool is_half_rewound(const Spec& spec) {
  std::error_code error;
  return std::filesystem::exists(spec.folder / kRewinding, error);
}

Result<> mark_half_rewound(const Spec& spec) { return system::write_file_atomic(spec.folder / kRewinding, "", 0600); }

Result<> unmark_half_rewound(const Spec& spec) {
  std::error_code error;
  std::filesystem::remove(spec.folder / kRewinding, error);
  return system::fsync_directory(spec.folder);
}

}  // namespace pgbaton::postgres
