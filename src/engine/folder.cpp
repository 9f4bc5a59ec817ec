#include "engine/folder.hpp"

#include <charconv>
#include <thread>

#include <fcntl.h>
#include <signal.h>

#include "base/text.hpp"
#include "system/log.hpp"
#include "system/process.hpp"
#include "system/random.hpp"

namespace pgbaton::engine {

using base::Code;
using base::Result;
using system::Path;

namespace {

namespace fs = std::filesystem;

constexpr base::Millis kImmediateStop{5000};

bool is_linked(const Folder& folder, const model::EngineId& id, const std::string& tree) {
  std::error_code ignored;
  return fs::read_symlink(folder.link(id), ignored).filename() == tree;
}

// A killed install may leave the postmaster of its self-test running in the tree, of whichever build it is.
void end_postmaster_of(const Path& tree) {
  const Path data = tree / "self-test" / "data";
  const auto lines = base::lines(system::read_file(data / "postmaster.pid").value_or(""));
  if (lines.size() < 5) return;
  pid_t pid = 0;
  std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), pid);
  std::error_code ignored;
  if (pid <= 1 || fs::read_symlink(fmt::format("/proc/{}/cwd", pid), ignored) != data) return;
  std::ignore = system::send_signal(pid, SIGQUIT);
  // While it lives, it writes files into what is about to be removed.
  for (const auto deadline = base::Deadline::after(kImmediateStop); system::is_running(pid) && !deadline.passed();)
    std::this_thread::sleep_for(base::Millis{5});
  const Path socket_folder = lines[4];
  if (socket_folder.filename().string().starts_with("pgbaton-")) std::ignore = system::remove_tree(socket_folder);
}

void remove_left_over(const Path& tree) {
  end_postmaster_of(tree);
  if (const auto removed = system::remove_tree(tree); !removed)
    system::log_warning("an unfinished engine could not be removed",
                        {{"path", tree.string()}, {"error", removed.error().message}});
  else
    system::log_info("removed what an unfinished install had left", {{"path", tree.string()}});
}

Result<> for_each_file(const Path& tree, int (*act)(int fd)) {
  std::error_code error;
  for (fs::recursive_directory_iterator at{tree, error}; !error && at != fs::end(at); at.increment(error)) {
    if (at->is_symlink(error)) continue;
    const system::Fd fd{::open(at->path().c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd.valid() || act(fd.get()) != 0) return system::os_failure("cannot sync", at->path());
  }
  if (error) return base::fail(Code::failed, "cannot sync {}: {}", tree.string(), error.message());
  return {};
}

// Each file for itself: syncing the whole file system would stall the databases that write to it. Writing out is
// started for all before the first is waited for, as initdb does.
Result<> sync_tree(const Path& tree) {
  TRY(for_each_file(tree, [](int fd) {
    (void)::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);  // advice: not every file system knows it
    return 0;
  }));
  TRY(for_each_file(tree, ::fsync));
  return system::fsync_directory(tree);
}

}  // namespace

Result<Folder> prepare(const Folder& folder) {
  std::error_code error;
  const bool there = fs::exists(folder.root, error);
  if (!there) TRY(system::make_directory(folder.root, 0755));
  Folder real{fs::canonical(folder.root, error)};
  if (error)
    return base::fail(Code::failed, "cannot open the engines folder {}: {}", folder.root.string(), error.message());
  for (const auto* name : {".trees", ".locks", ".apt"})
    if (!fs::exists(real.root / name, error)) TRY(system::make_directory(real.root / name, 0755));
  return real;
}

std::optional<model::EngineManifest> published(const Folder& folder, const model::EngineId& id) {
  const auto text = system::read_file(folder.link(id) / "manifest.json");
  if (!text) return std::nullopt;
  auto manifest = base::from_json_text<model::EngineManifest>(*text);
  if (!manifest || manifest->id != id) return std::nullopt;
  return *manifest;
}

Result<system::FileLock> lock_engine(const Folder& folder, const model::EngineId& id, const Patience& patience) {
  for (;;) {
    auto lock = system::FileLock::acquire(folder.lock(id), patience.deadline.within(base::Millis{200}));
    if (lock || lock.error().code != Code::timed_out) return lock;
    if (patience.stop.stop_requested())
      return base::fail(Code::cancelled, "no longer waiting for another install of {}", model::to_string(id));
    if (patience.deadline.passed())
      return base::fail({Code::timed_out,
                         fmt::format("another process has been making engine {} all the time", model::to_string(id)),
                         "Wait for that one to end, then try again."});
  }
}

Result<Tree> Tree::create(const Folder& folder, const model::EngineId& id) {
  Path path = folder.trees() / (model::to_string(id) + "-" + system::random_id());
  TRY(system::make_directory(path, 0755));
  return Tree{std::move(path)};
}

Tree::~Tree() {
  std::error_code ignored;  // a destructor has nobody to tell; the next install sweeps
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<> Tree::publish(const Folder& folder, const model::EngineManifest& manifest) && {
  TRY(system::write_file_atomic(path_ / "manifest.json", base::Json(manifest).dump(2) + "\n", 0644));
  TRY(sync_tree(path_));
  TRY(system::fsync_directory(folder.trees()));
  TRY(system::replace_symlink(Path{".trees"} / path_.filename(), folder.link(manifest.id)));
  path_.clear();
  return {};
}

void sweep(const Folder& folder, const model::EngineId* held) {
  for (const auto& name : system::list_directory(folder.trees())) {
    const auto id = model::parse_engine_id(name.substr(0, name.rfind('-')));
    if (!id || is_linked(folder, *id, name)) continue;
    const bool ours = held != nullptr && *id == *held;
    const auto lock = ours ? Result<system::FileLock>{std::unexpected(base::Error{})}
                           : system::FileLock::try_acquire(folder.lock(*id));
    if ((ours || lock) && !is_linked(folder, *id, name)) remove_left_over(folder.trees() / name);
  }
}

}  // namespace pgbaton::engine
