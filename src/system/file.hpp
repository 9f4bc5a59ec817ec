// Files: read, replace atomically, remove, lock, measure. Errors carry the path and the operating system's words;
// ENOSPC and EDQUOT become Code::no_space.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/units.hpp"
#include "system/fd.hpp"

namespace pgbaton::system {

using Path = std::filesystem::path;

/// The Error for errno after `action` ("cannot write") on `path`.
[[nodiscard]] std::unexpected<base::Error> os_failure(std::string_view action, const Path& path);

[[nodiscard]] base::Result<std::string> read_file(const Path& path);
/// Code::refused when others than its owner may read or change a file that holds a secret.
[[nodiscard]] base::Result<> check_private(const Path& path);
/// Writes to a temporary name, fsyncs, renames, fsyncs the folder: after a crash either the old or the new content.
[[nodiscard]] base::Result<> write_file_atomic(const Path& path, std::string_view content, mode_t mode);
[[nodiscard]] base::Result<> fsync_directory(const Path& path);
/// Makes the folder and its parents; the folder itself gets exactly `mode`, umask or not.
[[nodiscard]] base::Result<> make_directory(const Path& path, mode_t mode);
/// Removes a tree; one that is not there is removed already.
[[nodiscard]] base::Result<> remove_tree(const Path& path);
[[nodiscard]] base::Result<> rename_path(const Path& from, const Path& to);
/// Replaces the symbolic link `link` atomically.
[[nodiscard]] base::Result<> replace_symlink(const Path& target, const Path& link);
/// Names in a folder, sorted; an absent folder is empty.
[[nodiscard]] std::vector<std::string> list_directory(const Path& path);
[[nodiscard]] base::Bytes tree_size(const Path& path);
/// What an ordinary user may still write to the file system that holds `path`.
[[nodiscard]] base::Result<base::Bytes> free_space(const Path& path);

/// A folder of its own that is removed with the object.
class TempDir {
 public:
  [[nodiscard]] static base::Result<TempDir> create(const Path& parent, std::string_view prefix);
  TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDir& operator=(TempDir&&) = delete;
  ~TempDir();
  [[nodiscard]] const Path& path() const { return path_; }

 private:
  explicit TempDir(Path path) : path_(std::move(path)) {}
  Path path_;
};

/// An exclusive lock between processes (flock): gone with its owner, however that ends.
class FileLock {
 public:
  /// Waits until the deadline. The file is made when it is not there and stays.
  [[nodiscard]] static base::Result<FileLock> acquire(const Path& path, base::Deadline deadline);
  /// Code::busy when somebody else has it.
  [[nodiscard]] static base::Result<FileLock> try_acquire(const Path& path);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace pgbaton::system
