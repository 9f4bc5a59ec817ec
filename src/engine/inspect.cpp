#include "engine/inspect.hpp"

#include <array>

#include "base/text.hpp"
#include "engine/linker.hpp"

namespace pgbaton::engine {

using base::Code;
using base::Result;
using system::Path;
namespace fs = std::filesystem;

namespace {

std::string between(std::string_view text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin);
  if (from == std::string_view::npos) return {};
  text.remove_prefix(from + begin.size());
  return std::string{text.substr(0, text.find(end))};
}

// libc.so.6 run as a program: "GNU C Library (Debian GLIBC 2.41-12+deb13u4) stable release version 2.41."
Result<std::string> glibc_version(const Path& interpreter, const Path& libc, const Patience& patience) {
  const auto output = TRY(run_tool({interpreter.string(), libc.string()}, patience));
  auto version = between(output.out, "release version ", "\n");
  while (version.ends_with('.')) version.pop_back();
  if (version.empty()) return base::fail(Code::failed, "{} does not say its version", libc.string());
  return version;
}

// The library's file carries the whole version, libicui18n.so.76.1; its name only the major.
std::string icu_version(const Path& library) {
  std::error_code error;
  const auto file = fs::canonical(library, error).filename().string();
  return between(file, ".so.", "\n");
}

}  // namespace

Result<ServerVersion> parse_server_version(std::string_view text) {
  const auto number = between(text, "(PostgreSQL) ", " ");
  const auto version = model::parse_version(base::trim(number));
  if (!version) return base::fail(Code::failed, "\"{}\" is no released version of PostgreSQL", base::trim(text));
  return ServerVersion{*version, between(between(text, "(Debian ", "\n"), "", ")")};
}

Result<ServerVersion> server_version(const Path& bindir, const Patience& patience) {
  return parse_server_version(TRY(run_tool({(bindir / "postgres").string(), "--version"}, patience)).out);
}

Result<Path> share_folder(const Path& bindir, int major) {
  const auto debian = fmt::format("../../../../share/postgresql/{}", major);
  for (const std::string& place : {debian, std::string{"../share/postgresql"}, std::string{"../share"}}) {
    std::error_code error;
    const auto share = fs::canonical(bindir / place, error);
    if (!error && fs::exists(share / "extension/plpgsql.control", error)) return share;
  }
  return base::fail(Code::failed, "the extensions of {} were not found", bindir.string());
}

std::string parse_default_version(std::string_view control) {
  for (const auto& line : base::lines(control)) {
    const auto equals = line.find('=');
    if (equals == std::string::npos || base::trim(line.substr(0, equals)) != "default_version") continue;
    auto value = base::trim(std::string_view{line}.substr(equals + 1));
    if (value.starts_with('\'')) return between(value, "'", "'");
    return std::string{base::trim(value.substr(0, value.find('#')))};
  }
  return {};
}

std::vector<model::Extension> extensions_in(const Path& share) {
  std::vector<model::Extension> extensions;
  for (const auto& name : system::list_directory(share / "extension")) {
    if (!name.ends_with(".control")) continue;
    const auto control = system::read_file(share / "extension" / name);
    if (control) extensions.push_back({Path{name}.stem(), parse_default_version(*control)});
  }
  return extensions;
}

Result<model::CollationVersions> collation_versions(const Path& bindir, const Patience& patience) {
  const auto program = bindir / "postgres";
  model::CollationVersions versions;
  for (const auto& [library, path] : TRY(resolve_libraries(program, {}, patience))) {
    if (library.starts_with("libicui18n.so")) versions.icu = icu_version(path);
    if (library == "libc.so.6")
      versions.libc = TRY(glibc_version(TRY(interpreter_of(program, patience)), path, patience));
  }
  return versions;
}

}  // namespace pgbaton::engine
