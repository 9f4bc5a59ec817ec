#include "engine/relocate.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>

#include "engine/linker.hpp"

namespace pgbaton::engine {

using base::Code;
using base::Result;
using system::Path;
namespace fs = std::filesystem;

namespace {

bool is_library(const std::string& name) { return name.ends_with(".so") || name.find(".so.") != std::string::npos; }

// Below these are modules that are opened by path, not by the dynamic linker.
bool holds_modules(const Path& folder) {
  constexpr std::array kFolders{"postgresql", "gconv"};
  return std::ranges::count(kFolders, folder.filename().string()) > 0;
}

// All libraries end up in one folder, so a link names its neighbour there, wherever it pointed.
Result<> place_link(const Path& from, const Path& folder) {
  std::error_code error;
  const auto target = fs::read_symlink(from, error).filename();
  if (target == from.filename() || fs::exists(fs::symlink_status(folder / from.filename(), error))) return {};
  fs::create_symlink(target, folder / from.filename(), error);
  if (error) return base::fail(Code::failed, "cannot make the link {}: {}", from.filename().string(), error.message());
  return {};
}

Result<> place_libraries(const Path& unpacked, const Path& folder) {
  const auto libraries = libraries_in(unpacked);
  std::error_code error;
  for (const auto& library : libraries)
    if (!fs::is_symlink(library, error)) fs::rename(library, folder / library.filename(), error);
  if (error) return base::fail(Code::failed, "cannot move a library to {}: {}", folder.string(), error.message());
  for (const auto& library : libraries)
    if (fs::is_symlink(library, error)) TRY(place_link(library, folder));
  return {};
}

Result<> move_if_there(const Path& from, const Path& to) {
  std::error_code error;
  if (!fs::exists(from, error)) return {};
  TRY(system::make_directory(to.parent_path(), 0755));
  return system::rename_path(from, to);
}

// Debian's maintainer scripts, which are not run here, give postgis-3.control its real name by an alternatives link.
Result<> name_extensions(const Path& folder) {
  for (const auto& name : system::list_directory(folder)) {
    const auto dash = name.rfind('-');
    if (!name.ends_with(".control") || dash == std::string::npos) continue;
    const auto number = name.substr(dash + 1, name.size() - dash - std::string_view{"-.control"}.size());
    if (number.empty() || number.find_first_not_of("0123456789") != std::string::npos) continue;
    TRY(system::rename_path(folder / name, folder / (name.substr(0, dash) + ".control")));
  }
  return {};
}

bool is_elf(const Path& path) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) return false;
  std::array<char, 4> magic{};
  std::ifstream{path}.read(magic.data(), magic.size());
  return std::string_view{magic.data(), magic.size()} ==
         "\x7f"
         "ELF";
}

std::vector<Path> elf_files_in(const Path& folder) {
  std::vector<Path> files;
  for (const auto& name : system::list_directory(folder))
    if (is_elf(folder / name)) files.push_back(folder / name);
  return files;
}

// DT_RPATH, not DT_RUNPATH: only the former of a program also serves the libraries of its libraries and what it loads
// later. Absolute as the interpreter must be, because PROJ finds its data from the path under which it was loaded.
// PostgreSQL finds its own folders from the real path of its program, so links to the tree do not matter.
Result<> point_at_tree(const Path& program, const Path& tree, const Patience& patience) {
  const Path folder = tree / "lib";
  const Path interpreter = folder / TRY(interpreter_of(program, patience))
  .filename();
  TRY(run_tool({"patchelf", "--set-interpreter", interpreter.string(), "--force-rpath", "--set-rpath", folder.string(),
                program.string()},
               patience));
  return {};
}

bool is_inside(const Path& path, const Path& tree) {
  return path.lexically_normal().string().starts_with(tree.string() + "/");
}

Result<> check_inside(const Path& program, const std::vector<Resolved>& resolved, const Path& tree) {
  for (const auto& [library, path] : resolved) {
    if (path.empty())
      return base::fail({Code::failed,
                         fmt::format("{} needs {}, which is not in the engine", program.filename().string(), library),
                         "This build cannot be used here; choose another version of PostgreSQL."});
    if (!is_inside(path, tree))
      return base::fail({Code::failed,
                         fmt::format("{} would load {} from this host instead of the engine",
                                     program.filename().string(), path.string()),
                         "This build cannot be used here; choose another version of PostgreSQL."});
  }
  return {};
}

Result<> remove_unused(const Path& folder, const std::set<std::string>& used) {
  std::error_code error;
  std::set<std::string> kept = used;
  for (const auto& name : used)  // a library's name is a link to its file
    if (fs::is_symlink(folder / name, error)) kept.insert(fs::read_symlink(folder / name, error).filename());
  for (const auto& name : system::list_directory(folder))
    if (is_library(name) && !kept.contains(name)) TRY(system::remove_tree(folder / name));
  return {};
}

}  // namespace

std::vector<Path> libraries_in(const Path& folder) {
  std::vector<Path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator at{folder, error}; !error && at != fs::end(at); at.increment(error)) {
    if (at->is_directory(error) && !at->is_symlink(error) && holds_modules(at->path()))
      at.disable_recursion_pending();
    else if ((at->is_symlink(error) || at->is_regular_file(error)) && is_library(at->path().filename()))
      found.push_back(at->path());
  }
  std::ranges::sort(found);
  return found;
}

Result<> lay_out(const Path& unpacked, const Path& tree, int major) {
  const auto version = std::to_string(major);
  TRY(system::make_directory(tree / "lib", 0755));
  TRY(system::remove_tree(unpacked / "usr/share/postgresql" / version / "man"));
  TRY(move_if_there(unpacked / "usr/lib/postgresql" / version, tree / "lib/postgresql" / version));
  TRY(move_if_there(unpacked / "usr/share/postgresql" / version, tree / "share/postgresql" / version));
  for (const auto* data : {"share/proj", "share/gdal"})
    TRY(move_if_there(unpacked / "usr" / data, tree / data));                // PostGIS
  TRY(system::remove_tree(tree / "lib/postgresql" / version / "lib/pgxs"));  // for building extensions
  TRY(place_libraries(unpacked, tree / "lib"));
  TRY(name_extensions(tree / "share/postgresql" / version / "extension"));
  return system::remove_tree(unpacked);
}

Result<> relocate(const Path& tree, int major, const std::vector<std::string>& keep, const Patience& patience) {
  const Path home = tree / "lib/postgresql" / std::to_string(major);
  std::set<std::string> used(keep.begin(), keep.end());
  // Modules see the libraries of the program that loads them: they are checked loaded into it.
  const auto modules = elf_files_in(home / "lib");
  for (const auto& program : elf_files_in(home / "bin")) {
    TRY(point_at_tree(program, tree, patience));
    const auto loaded = program.filename() == "postgres" ? modules : std::vector<Path>{};
    const auto resolved = TRY(resolve_libraries(program, loaded, patience));
    TRY(check_inside(program, resolved, tree));
    for (const auto& [library, path] : resolved) used.insert(path.filename());
  }
  return remove_unused(tree / "lib", used);
}

Result<> lay_out_program(const Path& unpacked, const Path& tree, const std::string& name) {
  TRY(system::make_directory(tree / "lib", 0755));
  TRY(system::make_directory(tree / "bin", 0755));
  TRY(system::rename_path(unpacked / "usr/bin" / name, tree / "bin" / name));
  TRY(place_libraries(unpacked, tree / "lib"));
  return system::remove_tree(unpacked);
}

Result<> relocate_program(const Path& tree, const std::string& name, const Patience& patience) {
  const auto program = tree / "bin" / name;
  TRY(point_at_tree(program, tree, patience));
  const auto resolved = TRY(resolve_libraries(program, {}, patience));
  TRY(check_inside(program, resolved, tree));
  std::set<std::string> used;
  for (const auto& [library, path] : resolved) used.insert(path.filename());
  return remove_unused(tree / "lib", used);
}

}  // namespace pgbaton::engine
