#include "engine/linker.hpp"

#include "base/text.hpp"

namespace pgbaton::engine {

using base::Result;
using system::Path;

// "\tNAME => PATH (ADDRESS)", "\tPATH (ADDRESS)" or "\tNAME => not found"; a path may hold spaces.
std::vector<Resolved> parse_resolved(std::string_view text) {
  std::vector<Resolved> found;
  for (const auto& line : base::lines(text)) {
    const auto whole = base::trim(line);
    const auto arrow = whole.find(" => ");
    auto path = arrow == std::string_view::npos ? whole : whole.substr(arrow + 4);
    path = path.substr(0, path.rfind(" (0x"));
    if (path.starts_with('/'))
      found.push_back({Path{arrow == std::string_view::npos ? path : whole.substr(0, arrow)}.filename(), path});
    else if (path == "not found")
      found.push_back({std::string{whole.substr(0, arrow)}, {}});
  }
  return found;
}

Result<Path> interpreter_of(const Path& program, const Patience& patience) {
  const auto output = TRY(run_tool({"patchelf", "--print-interpreter", program.string()}, patience));
  return Path{base::trim(output.out)};
}

Result<std::vector<Resolved>> resolve_libraries(const Path& program, const std::vector<Path>& modules,
                                                const Patience& patience) {
  const auto interpreter = TRY(interpreter_of(program, patience));
  std::vector<std::string> argv{interpreter.string()};
  std::vector<std::string> names;  // relative: the linker splits this list at spaces
  for (const auto& module : modules) names.push_back("./" + module.filename().string());
  if (!names.empty()) argv.insert(argv.end(), {"--preload", base::join(names, ":")});
  argv.insert(argv.end(), {"--list", program.string()});
  const Path directory = modules.empty() ? Path{} : modules.front().parent_path();
  return parse_resolved(TRY(run_tool(argv, patience, {}, directory)).out);
}

}  // namespace pgbaton::engine
