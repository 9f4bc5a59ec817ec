#include "backup/tool.hpp"

#include <algorithm>
#include <cstdio>
#include <ranges>

#include <fcntl.h>
#include <unistd.h>

#include "engine/apt_root.hpp"
#include "engine/relocate.hpp"
#include "engine/unpack.hpp"
#include "system/log.hpp"
#include "system/random.hpp"

namespace pgbaton::backup {

using base::Code;
using base::Result;
using engine::AptRoot;
using engine::Deb;
using engine::Patience;
using engine::Source;
using system::Path;

namespace {

const std::string kName = "pgbackrest";

struct Wanted {
  std::vector<Deb> debs;
  std::string version;
};

// What it needs to be installed as a package of the host it does not need to run here.
bool contributes_to_tool(const Deb& deb) {
  const auto& name = deb.package;
  if (name.find("perl") != std::string::npos || name.starts_with("libc-")) return false;
  return name == kName || name.starts_with("lib") || name.starts_with("zlib");
}

Result<std::optional<Wanted>> find_in(const AptRoot& root, const Patience& patience) {
  const auto versions = TRY(root.versions({kName}, patience));
  if (versions.empty() || !is_new_enough(versions.front().version)) return std::nullopt;
  Wanted wanted {
    TRY(root.resolve({kName + "=" + versions.front().version}, patience))
    , versions.front().version
  };
  std::erase_if(wanted.debs, [](const Deb& deb) { return !contributes_to_tool(deb); });
  return wanted;
}

Result<std::optional<Wanted>> fetch_from(const AptRoot& root, const Patience& patience) {
  auto wanted = TRY(find_in(root, patience));
  if (!wanted) return std::nullopt;
  TRY(root.download(TRY(root.missing(wanted->debs)), patience, {}));
  return wanted;
}

// The indexes of the last sync will do as long as the mirror still has what they name.
Result<std::optional<Wanted>> fetch_tool(const AptRoot& root, const Patience& patience) {
  if (root.has_lists()) {
    auto fetched = fetch_from(root, patience);
    if (fetched && *fetched) return fetched;
  }
  TRY(root.update(patience));
  return fetch_from(root, patience);
}

Result<> make_files_durable(const Path& folder) {
  for (const auto& name : system::list_directory(folder)) {
    const system::Fd fd{::open((folder / name).c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd.valid() || ::fsync(fd.get()) != 0) return system::os_failure("cannot sync", folder / name);
  }
  return system::fsync_directory(folder);
}

Result<> make_tree(const engine::Folder& folder, const Source& source, const Wanted& wanted, const Path& tree,
                   const Patience& patience) {
  const auto cache = folder.apt(source.codename) / "debs";
  TRY(engine::unpack(wanted.debs, cache, tree / "unpacked", patience, {}));
  TRY(engine::lay_out_program(tree / "unpacked", tree, kName));
  TRY(engine::relocate_program(tree, kName, patience));
  TRY(engine::run_tool({(tree / "bin" / kName).string(), "version"}, patience));
  for (const auto* part : {"bin", "lib"}) TRY(make_files_durable(tree / part));
  return system::fsync_directory(tree);
}

// A tree is of use where it was made only: its program names its linker by an absolute path.
Result<> install_from(const engine::Folder& folder, const Source& source, const Wanted& wanted,
                      const Patience& patience) {
  const auto name = kName + "-" + system::random_id();
  const auto tree = folder.trees() / name;
  TRY(system::make_directory(tree, 0755));
  auto made = make_tree(folder, source, wanted, tree, patience);
  if (made) made = system::replace_symlink(Path{".trees"} / name, folder.root / kName);
  if (!made) std::ignore = system::remove_tree(tree);  // the next install sweeps
  if (made) system::log_info("backup tool installed", {{"program", kName}, {"version", wanted.version}});
  return made;
}

// Under the lock: whatever is not linked is of an install that was killed.
void sweep_trees(const engine::Folder& folder) {
  std::error_code ignored;
  const auto linked = std::filesystem::read_symlink(folder.root / kName, ignored).filename().string();
  for (const auto& name : system::list_directory(folder.trees()))
    if (name.starts_with(kName + "-") && name != linked) std::ignore = system::remove_tree(folder.trees() / name);
}

}  // namespace

Path tool_program(const Path& engines) { return engines / kName / "bin" / kName; }

bool is_tool_installed(const Path& engines) { return ::access(tool_program(engines).c_str(), X_OK) == 0; }

bool is_new_enough(std::string_view package_version) {
  constexpr int kMajor = 2;
  constexpr int kMinor = 57;  // the first that knows PostgreSQL 18
  int major = 0;
  int minor = 0;
  const std::string text{package_version};
  return std::sscanf(text.c_str(), "%d.%d", &major, &minor) == 2 &&
         (major > kMajor || (major == kMajor && minor >= kMinor));
}

Result<> install_tool(const Path& engines, const std::vector<Source>& sources, const Patience& patience) {
  if (is_tool_installed(engines)) return {};
  const auto folder = TRY(engine::prepare(engine::Folder{engines}));
  const auto lock = TRY(system::FileLock::acquire(folder.root / ".locks" / kName, patience.deadline));
  if (is_tool_installed(engines)) return {};
  sweep_trees(folder);
  base::Error last{Code::not_found, "no source of engines has pgBackRest 2.57 or newer",
                   "Name a Debian suite that has it in sources.toml."};
  for (const auto& source : std::views::reverse(sources)) {
    if (source.kind != engine::SourceKind::debian) continue;
    const auto root = AptRoot::open(folder, source, patience);
    auto wanted = root ? fetch_tool(*root, patience) : std::unexpected(root.error());
    if (!wanted) last = wanted.error();
    if (wanted && *wanted) return install_from(folder, source, **wanted, patience);
  }
  return base::in_context("installing pgBackRest", Result<>{std::unexpected(std::move(last))});
}

}  // namespace pgbaton::backup
