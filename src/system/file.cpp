#include "system/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "system/random.hpp"

namespace pgbaton::system {

using base::Code;
using base::Result;

std::unexpected<base::Error> os_failure(std::string_view action, const Path& path) {
  const int error = errno;
  const Code code = error == ENOSPC || error == EDQUOT ? Code::no_space : Code::failed;
  return base::fail(code, "{} {}: {}", action, path.string(), std::strerror(error));
}

namespace {

std::unexpected<base::Error> failure(std::string_view action, const Path& path, const std::error_code& error) {
  errno = error.value();
  return os_failure(action, path);
}

Result<> write_all(int fd, std::string_view content, const Path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os_failure("cannot write", path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<> write_and_sync(const Path& path, std::string_view content, mode_t mode) {
  const Fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
  if (!fd.valid()) return os_failure("cannot create", path);
  if (::fchmod(fd.get(), mode) != 0) return os_failure("cannot set the mode of", path);
  TRY(write_all(fd.get(), content, path));
  if (::fsync(fd.get()) != 0) return os_failure("cannot sync", path);
  return {};
}

Result<FileLock> lock(const Path& path, auto&& make, int operation) {
  Fd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)};
  if (!fd.valid()) return os_failure("cannot open the lock file", path);
  if (::flock(fd.get(), operation) == 0) return make(std::move(fd));
  if (errno == EWOULDBLOCK) return base::fail(Code::busy, "{} is locked by another process", path.string());
  return os_failure("cannot lock", path);
}

}  // namespace

Result<> check_private(const Path& path) {
  constexpr mode_t kOthers = 077;
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0)
    return errno == ENOENT
               ? base::fail({Code::not_found, fmt::format("there is no file {}", path.string()), "Check the path."})
               : os_failure("cannot read", path);
  if ((info.st_mode & kOthers) == 0) return {};
  return base::fail({Code::refused, fmt::format("others than its owner may read {}", path.string()),
                     fmt::format("Close it: chmod 600 {}", path.string())});
}

Result<std::string> read_file(const Path& path) {
  const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd.valid()) {
    if (errno == ENOENT)
      return base::fail({Code::not_found, fmt::format("there is no file {}", path.string()), "Check the path."});
    return os_failure("cannot open", path);
  }
  std::string content;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_failure("cannot read", path);
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

Result<> write_file_atomic(const Path& path, std::string_view content, mode_t mode) {
  const Path temporary = path.string() + ".new-" + random_id();
  auto written = write_and_sync(temporary, content, mode);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = os_failure("cannot replace", path);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return fsync_directory(path.parent_path());
}

Result<> fsync_directory(const Path& path) {
  const Fd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd.valid()) return os_failure("cannot open", path);
  if (::fsync(fd.get()) != 0) return os_failure("cannot sync", path);
  return {};
}

Result<> make_directory(const Path& path, mode_t mode) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return failure("cannot make the folder", path, error);
  if (::chmod(path.c_str(), mode) != 0) return os_failure("cannot set the mode of", path);
  return {};
}

Result<> remove_tree(const Path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return failure("cannot remove", path, error);
  return {};
}

Result<> rename_path(const Path& from, const Path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_failure("cannot rename " + from.string() + " to", to);
  return fsync_directory(to.parent_path());
}

Result<> replace_symlink(const Path& target, const Path& link) {
  const Path temporary = link.string() + ".new-" + random_id();
  if (::symlink(target.c_str(), temporary.c_str()) != 0) return os_failure("cannot make the link", temporary);
  return rename_path(temporary, link);
}

std::vector<std::string> list_directory(const Path& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

base::Bytes tree_size(const Path& path) {
  std::int64_t total = 0;
  std::error_code error;
  using Iterator = std::filesystem::recursive_directory_iterator;
  for (Iterator at{path, std::filesystem::directory_options::skip_permission_denied, error}; at != Iterator{};
       at.increment(error)) {
    if (error) break;
    struct stat info{};
    if (::lstat(at->path().c_str(), &info) == 0) total += static_cast<std::int64_t>(info.st_blocks) * 512;
  }
  return {total};
}

Result<base::Bytes> free_space(const Path& path) {
  struct statvfs info{};
  if (::statvfs(path.c_str(), &info) != 0) return os_failure("cannot measure the space at", path);
  return base::Bytes{static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize)};
}

Result<TempDir> TempDir::create(const Path& parent, std::string_view prefix) {
  Path path = parent / (std::string{prefix} + random_id());
  TRY(make_directory(path, 0700));
  return TempDir{std::move(path)};
}

TempDir::~TempDir() {
  std::error_code ignored;  // a destructor has nobody to tell
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<FileLock> FileLock::try_acquire(const Path& path) {
  return lock(path, [](Fd fd) { return FileLock{std::move(fd)}; }, LOCK_EX | LOCK_NB);
}

Result<FileLock> FileLock::acquire(const Path& path, base::Deadline deadline) {
  // flock() has no timeout, and a signal to end it would be a process-wide affair.
  for (;;) {
    auto attempt = try_acquire(path);
    if (attempt || attempt.error().code != Code::busy) return attempt;
    if (deadline.passed()) return base::fail(Code::timed_out, "{} stayed locked by another process", path.string());
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

}  // namespace pgbaton::system
