#include "engine/tool.hpp"

#include <array>

#include <unistd.h>

#include "base/text.hpp"

namespace pgbaton::engine {

using base::Code;
using base::Result;

namespace {

constexpr std::string_view kSpace =
    "Free disk space where the engines are (or choose another place with --engines), then try again.";
constexpr std::string_view kMirror =
    "Check that `apt-get update` works on this host: engines come from the mirror that its apt uses.";
constexpr std::string_view kTampered =
    "Nothing was installed. Try again; if it stays, the mirror or a proxy on the way to it damages files.";
constexpr std::string_view kKeys = "Nothing was installed. Update the package debian-archive-keyring on this host.";

constexpr std::ptrdiff_t kLines = 4;  // of what a tool said, in the message

struct Symptom {
  std::string_view words;
  Code code;
  std::string_view remedy;
};
constexpr std::array kSymptoms{
    Symptom{"No space left on device", Code::no_space, kSpace},
    Symptom{"Disk quota exceeded", Code::no_space, kSpace},
    Symptom{"You don't have enough free space", Code::no_space, kSpace},
    Symptom{"Hash Sum mismatch", Code::corrupt, kTampered},
    Symptom{"File has unexpected size", Code::corrupt, kTampered},
    Symptom{"Clearsigned file isn't valid", Code::corrupt, kTampered},
    Symptom{"NO_PUBKEY", Code::corrupt, kKeys},
    Symptom{"is not signed", Code::corrupt, kKeys},
    Symptom{"cannot be authenticated", Code::corrupt, kKeys},
    Symptom{"was not found", Code::not_found, "`pgbaton engines sync` asks the sources what they have now."},
    Symptom{"Unable to locate package", Code::not_found, "`pgbaton engines sync` asks the sources what they have now."},
    Symptom{"Failed to fetch", Code::failed, kMirror},
    Symptom{"Unable to fetch", Code::failed, kMirror},
    Symptom{"does not have a Release file", Code::failed, kMirror},
    Symptom{"Permission denied", Code::failed,
            "The engines folder and what leads to it must be open to the user that pgbaton runs as."},
};

struct Missing {
  std::string_view program;
  std::string_view package;
};
constexpr std::array kPackages{Missing{"patchelf", "patchelf"}, Missing{"apt-get", "apt"}, Missing{"apt-cache", "apt"},
                               Missing{"dpkg-deb", "dpkg"}, Missing{"setpriv", "util-linux"}};

Result<> check_present(const std::string& program) {
  for (const auto& [name, package] : kPackages) {
    if (program != name) continue;
    for (const auto* folder : {"/usr/bin/", "/bin/", "/usr/sbin/", "/usr/local/bin/"})
      if (::access((folder + program).c_str(), X_OK) == 0) return {};
    return base::fail({Code::failed, fmt::format("engines cannot be installed without the program {}", name),
                       fmt::format("Install the package {} on this host, then try again.", package)});
  }
  return {};
}

// apt repeats one cause for each file; its first error is the one to read. Others put the cause last.
std::string essence(std::string_view said) {
  auto lines = base::lines(base::trim(said));
  for (const auto& line : lines)
    if (line.starts_with("E: ")) return std::string{base::trim(line.substr(3))};
  if (std::ssize(lines) > kLines) lines.erase(lines.begin(), lines.end() - kLines);
  return base::join(lines, "; ");
}

}  // namespace

base::Error tool_failure(std::string_view tool, std::string_view said) {
  const auto message = fmt::format("{} failed: {}", tool, essence(said));
  for (const auto& [words, code, remedy] : kSymptoms)
    if (said.find(words) != std::string_view::npos) return {code, message, std::string{remedy}};
  return {Code::failed, message, {}};
}

Result<system::Output> run_tool(std::vector<std::string> argv, const Patience& patience, const system::OnLine& on_line,
                                const system::Path& directory) {
  TRY(check_present(argv.at(0)));
  const system::Command command{.argv = std::move(argv),
                                .environment = {"LC_ALL=C", "LANGUAGE", "LD_LIBRARY_PATH", "LD_PRELOAD", "PGDATA",
                                                "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS", "PGSERVICE"},
                                .directory = directory};
  auto output = TRY(system::run(command, patience.deadline, patience.stop, on_line));
  if (output.status == 0) return output;
  const auto tool = system::Path{command.argv[0]}.filename().string();
  const auto said = base::trim(output.err).empty() ? output.out : output.err;
  return base::fail(tool_failure(tool, said.empty() ? fmt::format("status {}", output.status) : said));
}

}  // namespace pgbaton::engine
